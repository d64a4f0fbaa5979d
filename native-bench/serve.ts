/**
 * The side of a participant that runs in a process of its own: the lines of participant.ts, answered in TypeScript.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WORKS, type Work } from './works.ts'

export interface Task {
  /** What has to be put in order before a timed run, outside the clock. */
  before?(): void
  /** Does the work once, and returns what all implementations must agree on, or NaN where this run has no counterpart. */
  run(iteration: number): number
}

/** The first `count` numbers of an input file. */
export function readInput(folder: string, name: string, count: number): Float64Array {
  const bytes = readFileSync(join(folder, name))
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8).slice(0, count)
}

/** The two factors of the products, n×n each, from the points of 16 dimensions. */
export function fillFactors(values: Float64Array, n: number, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < n * n; i++) {
    a[i] = values[i % values.length]!
    b[i] = values[(7 * i + 3) % values.length]!
  }
}

/**
 * Answers until the input ends.
 *
 * @param prepare makes the task of a work, or says why there is none
 */
export async function serve(prepare: (work: Work) => Task | string): Promise<void> {
  const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`)
  let task: Task | undefined
  let iteration = 0
  for await (const line of createInterface({ input: process.stdin })) {
    const question: { prepare?: string; run?: number } = JSON.parse(line)
    if (question.prepare !== undefined) {
      const work = WORKS.find(({ name }) => name === question.prepare)
      const prepared = work ? prepare(work) : 'no such work'
      if (typeof prepared === 'string') {
        say({ unsupported: prepared })
        continue
      }
      task = prepared
      iteration = 0
      warmUp(task)
      say({ ready: true })
    } else if (task) {
      const milliseconds: number[] = []
      let value: number | null = null
      for (let i = 0; i < (question.run ?? 1); i++) {
        task.before?.()
        const start = performance.now()
        const result = task.run(iteration)
        milliseconds.push(performance.now() - start)
        if (iteration === 0 && !Number.isNaN(result)) value = result
        iteration++
      }
      say({ milliseconds, value })
    }
  }
}

/** Runs until the compiler has settled: for a while, at least once. */
function warmUp(task: Task): void {
  const start = performance.now()
  for (let i = 0; i < 400 && (i < 1 || performance.now() - start < 250); i++) {
    task.before?.()
    task.run(i)
  }
}
