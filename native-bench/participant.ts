/**
 * One implementation in a process of its own. It is spoken to in lines of JSON:
 *
 *     → {"prepare": "gemm-512"}          ← {"ready": true} or {"unsupported": "why"}
 *     → {"run": 5}                       ← {"milliseconds": [5 numbers], "value": 1.25}
 *
 * `value` is something that every implementation must compute alike; the driver compares.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Implementation } from './works.ts'

export interface Participant {
  readonly name: Implementation
  /** @returns undefined when it can, else why not */
  prepare(work: string): Promise<string | undefined>
  run(count: number): Promise<{ readonly milliseconds: readonly number[]; readonly value: number | null }>
  stop(): void
}

interface Answer {
  readonly ready?: boolean
  readonly unsupported?: string
  readonly milliseconds?: readonly number[]
  readonly value?: number | null
}

/** Starts a participant; its errors appear on stderr. */
export function startParticipant(
  name: Implementation,
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Participant {
  const child: ChildProcess = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error(`${name} has no pipes`)
  const lines: Interface = createInterface({ input: stdout })
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = []
  lines.on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
  let dead: Error | undefined
  const fail = (error: Error) => {
    dead = error
    for (const waiter of waiting.splice(0)) waiter.reject(error)
  }
  child.on('error', fail)
  stdin.on('error', fail)
  child.on('exit', (code) => fail(new Error(`${name} ended with exit code ${code}`)))
  const ask = (question: object) =>
    new Promise<Answer>((resolve, reject) => {
      if (dead) {
        reject(dead)
        return
      }
      waiting.push({ resolve, reject })
      stdin.write(`${JSON.stringify(question)}\n`)
    })
  return {
    name,
    prepare: async (work) => (await ask({ prepare: work })).unsupported,
    async run(count) {
      const { milliseconds, value } = await ask({ run: count })
      if (!milliseconds) throw new Error(`${name} did not answer with times`)
      return { milliseconds, value: value ?? null }
    },
    stop() {
      stdin.end()
      child.kill()
    },
  }
}
