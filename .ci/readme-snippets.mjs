// Runs the TypeScript snippets of the README where the package is installed.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GIVEN } from '../test/support/readme-given.ts'

const [, , readme, folder] = process.argv
const snippets = [...readFileSync(readme, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
if (snippets.length === 0) throw new Error('the README has no snippet')
for (const [position, snippet] of snippets.entries()) {
  const [imports, ...rest] = snippet.split('\n')
  const file = join(folder, `snippet-${position}.ts`)
  writeFileSync(file, [imports, GIVEN, ...rest].join('\n'))
  execFileSync(process.execPath, [file], { stdio: 'inherit', cwd: folder })
  console.log(`snippet ${position + 1} of ${snippets.length} runs`)
}
