// Runs the TypeScript snippets of the README where the package is installed.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [, , readme, folder] = process.argv
// Even tickets are a, and "Which …" knows nine of ten.
const GIVEN = `
const examples = Array.from({ length: 10 }, (_, index) => ({ input: String(index), expected: index % 2 ? 'b' : 'a' }))
const ask = async (prompt: string, input: string) => (prompt.startsWith('Which') && input !== '9' ? (Number(input) % 2 ? 'b' : 'a') : 'c')
const pool = [{ id: 'poor', text: 'Classify.' }, { id: 'good', text: 'Which team?' }]
const measure = async (candidate: { id: string }, asked: readonly number[]) => asked.map((example) => (candidate.id === 'good' && example !== 9 ? 1 : 0))
const train = ({ rate, depth }: Record<string, any>) => [(Math.log10(rate) + 2) ** 2 + (depth - 4) ** 2]
`
const snippets = [...readFileSync(readme, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
if (snippets.length === 0) throw new Error('the README has no snippet')
for (const [position, snippet] of snippets.entries()) {
  const [imports, ...rest] = snippet.split('\n')
  const file = join(folder, `snippet-${position}.ts`)
  writeFileSync(file, [imports, GIVEN, ...rest].join('\n'))
  execFileSync(process.execPath, [file], { stdio: 'inherit', cwd: folder })
  console.log(`snippet ${position + 1} of ${snippets.length} runs`)
}
