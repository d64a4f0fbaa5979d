import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { typeErrorsOf } from './support/check-examples.ts'
import { docstringExamples, examplesOf, root } from './support/docstring-examples.ts'
import { exampleFiles } from './support/example-fixtures.ts'
import { needsModel, runExample } from './support/run-example.ts'
import { statementOf } from './support/stated-value.ts'

const source = resolve(root, 'src')

interface Declaration {
  readonly name: string
  readonly docstring: string
}

/** The docstring of every value a module exports, through its re-exports. */
function exportsOf(file: string): Declaration[] {
  const text = readFileSync(file, 'utf8')
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\} from '([^']+)'/gm)].filter(([, type]) => !type)
  return lists.flatMap(([, , list, from]) =>
    list!
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && !item.startsWith('type '))
      .map((item) => declarationOf(item.split(' as ')[0]!, resolve(dirname(file), from!))),
  )
}

function declarationOf(name: string, file: string): Declaration {
  const text = readFileSync(file, 'utf8')
  const declaration = new RegExp(`^export (?:async )?(?:abstract )?(?:function\\*?|const|class) ${name}\\b`, 'm').exec(
    text,
  )
  if (declaration) {
    const before = text.slice(0, declaration.index)
    const docstring = before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/**')) : ''
    return { name, docstring }
  }
  const found = exportsOf(file).find((exported) => exported.name === name)
  if (!found) throw new Error(`${name} is not declared in ${file}, nor exported from elsewhere there`)
  return found
}

const rooms = globSync('**/index.ts', { cwd: source })
  .filter((file) => !file.includes('assembly'))
  .sort()

describe.each(rooms)('every value exported from %s', (file) => {
  const found = exportsOf(join(source, file))

  it('is found', () => expect(found.length).toBeGreaterThan(0))

  it('has a docstring with an example', () => {
    expect(found.filter(({ docstring }) => !docstring.includes('@example')).map(({ name }) => name)).toEqual([])
  })
})

const examples = docstringExamples()

describe('examples', () => {
  const folder = mkdtempSync(join(tmpdir(), 'krige-examples-'))
  let compared = 0

  beforeAll(() => {
    symlinkSync(resolve(root, 'data'), join(folder, 'data'), 'junction')
    for (const [name, text] of Object.entries(exampleFiles)) writeFileSync(join(folder, name), text)
    process.chdir(folder)
    // TensorFlow.js warns of every kernel when two of its users share a process.
    vi.spyOn(console, 'warn').mockImplementation(() => {})
  })
  afterAll(() => {
    vi.restoreAllMocks()
    process.chdir(root)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  it.for(examples.filter((example) => !needsModel(example)).map((example) => [nameOf(example), example] as const))(
    '%s',
    async ([, example]) => {
      compared += await runExample(example)
    },
  )

  it('state values, which were compared', () => expect(compared).toBeGreaterThan(250))

  it('are rightly typed', { timeout: 120_000 }, async () => {
    expect(await typeErrorsOf(examples)).toEqual([])
  })
})

function nameOf({ file, code }: { readonly file: string; readonly code: string }): string {
  return `${file}: ${code.split('\n')[0]}`
}

describe('an example', () => {
  const run = (code: string) => runExample({ file: 'src/index.ts', line: 1, code })

  it('ends at the next tag or with its docstring', () => {
    const found = examplesOf(
      'a.ts',
      '/**\n * @example\n * f(1) // 2\n * g()\n * @module\n */\n\n  /** @example h() */\n',
    )
    expect(found).toEqual([
      { file: 'a.ts', line: 2, code: 'f(1) // 2\ng()' },
      { file: 'a.ts', line: 8, code: 'h()' },
    ])
  })

  it('fails where a value is not what its comment states', async () => {
    await expect(run('1 + 1 // 2')).resolves.toBe(1)
    await expect(run('1 + 1 // 3')).rejects.toThrow('to deeply equal 3')
    await expect(run('logGamma(11) // ≈ 15.1044: log(3628800)\nlogGamma(11) // 15.1044')).rejects.toThrow('15.1044')
    await expect(run('[1, 2, 3] // [1, 2]')).rejects.toThrow()
  })

  it('fails where nothing is thrown, or something else', async () => {
    await expect(run('points([[1], [1, 2]]) // throws InvalidArgumentError: rows[1] has 2 numbers')).resolves.toBe(1)
    await expect(run('points([[1], [2]]) // throws InvalidArgumentError')).rejects.toThrow('nothing thrown')
    await expect(run('points([[1], [1, 2]]) // throws BudgetError')).rejects.toThrow('BudgetError')
  })

  it('fails where what is stated is never reached', async () => {
    await expect(run('if (1 > 2) {\n  1 // 1\n}')).rejects.toThrow('values compared')
  })

  it('fails at an unknown name, and in the checks that it registers', async () => {
    await expect(run('nowhereDeclared(1)')).rejects.toThrow('nowhereDeclared is not defined')
    await expect(run("it('holds', () => { throw new Error('broken') })")).rejects.toThrow('broken')
  })

  it('is typed', async () => {
    const wrong = { file: 'src/index.ts', line: 7, code: "points([[1]])\nlogGamma('11')" }
    expect(await typeErrorsOf([wrong])).toEqual([expect.stringContaining('src/index.ts:9: error TS2345')])
  }, 120_000)
})

describe('a comment', () => {
  const agrees = (comment: string, actual: unknown) => {
    const statement = statementOf(comment)
    if (statement?.kind !== 'value') throw new Error(`states nothing: ${comment}`)
    try {
      expect(statement.agrees(actual)).toEqual(statement.value)
      return true
    } catch {
      return false
    }
  }

  it.each<[string, unknown, unknown]>([
    ['2', 2, 2.001],
    ['0.3', 0.1 + 0.2, 0.31],
    ['−5e199: far out', -5e199, 5e199],
    ['≈ 0.95', 0.9499, 0.944],
    ['≈ −7.62e-24', -7.6198e-24, -7.63e-24],
    ['≈ [0.5, 1.00]', Float64Array.of(0.52, 1.004), [0.5, 1.006]],
    ["'a \\'b\\' \\n'", "a 'b' \n", 'a b'],
    ["['a', …]", ['a', 'b'], ['b', 'a']],
    ['{ a: 1, b: [true, null], … }', { a: 1, b: [true, null], c: 3 }, { a: 1, b: [true, 0], c: 3 }],
    ['{ a: 1 }', { a: 1 }, { a: 1, b: 2 }],
    ['undefined', undefined, null],
  ])('states %s', (comment, right, wrong) => {
    expect(agrees(comment, right)).toBe(true)
    expect(agrees(comment, wrong)).toBe(false)
  })

  it('of words states nothing, and one that begins like a value must be one', () => {
    expect(statementOf('the same on every machine')).toBeUndefined()
    expect(() => statementOf('2 or more')).toThrow('begins like a value')
    expect(() => statementOf('[1, x]')).toThrow('begins like a value')
    expect(() => statementOf('2000 to 2500')).toThrow('begins like a value')
  })
})
