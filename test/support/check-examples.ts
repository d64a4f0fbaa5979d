/**
 * Type-checks the examples of docstrings: each becomes a module that imports what it names.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type DocstringExample, declarations, root, wordsIn } from './docstring-examples.ts'
import { ENTRY_POINTS, originsOf } from './run-example.ts'

const types = declarations('type')
const FIXTURES = JSON.stringify(resolve(root, 'test/support/example-fixtures.ts'))

/** @returns what the compiler has to say, by place; nothing as a rule. */
export async function typeErrorsOf(examples: readonly DocstringExample[]): Promise<string[]> {
  // Among the installed packages, so that examples may import them.
  const folder = mkdtempSync(join(root, 'node_modules', '.docstrings-'))
  try {
    const headers = examples.map(headerOf)
    const files = examples.map(({ code }, index) => {
      const file = `example-${index}.mts`
      writeFileSync(join(folder, file), `${headers[index]!.join('\n')}\n${code}\nexport {}\n`)
      return file
    })
    const paths = Object.entries(ENTRY_POINTS).map(([name, file]) => [name, [resolve(root, file)]])
    const options = { paths: Object.fromEntries(paths), typeRoots: [resolve(root, 'node_modules/@types')] }
    const config = {
      extends: resolve(root, 'tsconfig.json'),
      compilerOptions: options,
      files,
      include: [],
      exclude: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    return (await compile(folder)).split('\n').flatMap((message) => {
      const [, index, line, text] = /example-(\d+)\.mts\((\d+),\d+\): (.*)/.exec(message) ?? []
      if (index === undefined) return message.includes(': error ') ? [message] : []
      const { file, line: first } = examples[Number(index)]!
      return [`${file}:${first + Number(line) - headers[Number(index)]!.length}: ${text}`]
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function headerOf(example: DocstringExample): string[] {
  const origins = originsOf(example)
  const values = origins.map((origin) =>
    origin.kind === 'module'
      ? `import { ${origin.name} } from ${JSON.stringify(resolve(root, origin.file))}`
      : `declare const ${origin.name}: Awaited<ReturnType<typeof import(${FIXTURES}).exampleFixtures.${origin.name}>>`,
  )
  const named = wordsIn(example.code).filter((word) => !origins.some(({ name }) => name === word))
  const imports = named.flatMap((name) => {
    const file = types.fileOf(name, example.file)
    return file ? [`import type { ${name} } from ${JSON.stringify(resolve(root, file))}`] : []
  })
  return [...values, ...imports, 'declare function it(name: string, check: () => void | Promise<void>): void']
}

function compile(folder: string): Promise<string> {
  const compiler = resolve(root, 'node_modules/typescript/bin/tsc')
  return new Promise((done) => {
    execFile(process.execPath, [compiler, '-p', folder], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      done(error && stdout === '' ? `${folder}: error ${stderr || error.message}` : stdout),
    )
  })
}
