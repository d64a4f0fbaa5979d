/**
 * Seeded drawing of examples from hand-written wordings, for tasks whose answers can be computed.
 *
 * @module
 */
import { writeFileSync } from 'node:fs'

export interface WrittenExample {
  readonly input: string
  readonly expected: string | Readonly<Record<string, string>>
}

export interface Draw {
  /** A whole number from 0 to count − 1. */
  below(count: number): number
  /** A whole number from low to high, both included. */
  between(low: number, high: number): number
}

/** Same numbers on every machine (a linear congruential generator, high bits only). */
export function seededDraw(seed: number): Draw {
  let state = seed >>> 0
  const below = (count: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
  return { below, between: (low, high) => low + below(high - low + 1) }
}

/**
 * Calls `make` until it has made `count` examples whose inputs differ before any choices in brackets.
 *
 * @throws Error when the wordings and numbers do not allow so many.
 */
export function drawDistinct(make: () => WrittenExample, count: number): readonly WrittenExample[] {
  const found = new Map<string, WrittenExample>()
  for (let attempt = 0; found.size < count; attempt++) {
    if (attempt > 100 * count) throw new Error(`only ${found.size} different examples; expected ${count}`)
    const example = make()
    const question = example.input.split(' (')[0]!
    if (!found.has(question)) found.set(question, example)
  }
  return [...found.values()]
}

/** Shuffles the examples and writes them beside the script that calls it. */
export function writeExamples(examples: readonly WrittenExample[], file: string, script: string, draw: Draw): void {
  const shuffled = [...examples]
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = draw.below(index + 1)
    const kept = shuffled[index]!
    shuffled[index] = shuffled[other]!
    shuffled[other] = kept
  }
  writeFileSync(new URL(file, script), `${shuffled.map((example) => JSON.stringify(example)).join('\n')}\n`)
}
