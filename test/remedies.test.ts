import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = join(import.meta.dirname, '../src')

/** The argument list that opens at a position of a text. */
function argumentsAt(text: string, start: number): string {
  let depth = 1
  let end = start
  while (depth > 0 && end < text.length) {
    if (text[end] === '(') depth++
    if (text[end] === ')') depth--
    end++
  }
  return text.slice(start, end)
}

/** Errors a user meets that say neither what was expected nor what to do, as `file:line`. */
function withoutRemedy(file: string, text: string): string[] {
  const made = /new (?:InvalidInput|Unavailable|Conflict|Budget|Corrupt)Error\(/g
  return [...text.matchAll(made)]
    .filter(({ 0: call, index }) => !/remedy|expected/i.test(argumentsAt(text, index + call.length)))
    .map(({ index }) => `${file}:${text.slice(0, index).split('\n').length}`)
}

describe('errors', () => {
  it('say what to do about them, or what was expected', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ts$/.test(file))
    expect(files.length).toBeGreaterThan(300)
    expect(files.flatMap((file) => withoutRemedy(file, readFileSync(join(source, file), 'utf8')))).toEqual([])
  })

  it('are right for who calls the library as for who gives a command', () => {
    const ofCommands = /same command|with --\w+/
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ts$/.test(file))
    const inLibrary = files.filter((file) => !/^(cli|interop|bench)\//.test(file))
    const remedies = inLibrary.flatMap((file) =>
      [...readFileSync(join(source, file), 'utf8').matchAll(/remedy(?::| =)\s*(.*)/g)].map(
        ([, remedy]) => `${file}: ${remedy}`,
      ),
    )
    expect(remedies.length).toBeGreaterThan(100)
    expect(remedies.filter((remedy) => ofCommands.test(remedy))).toEqual([])
  })

  it('are found where they say neither', () => {
    const text = "const a = 1\nthrow new UnavailableError(f('x'))\nthrow new BudgetError('b', { remedy: 'c' })"
    expect(withoutRemedy('a.ts', text)).toEqual(['a.ts:2'])
  })
})
