import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A Python peer that answers one JSON line for each it gets. */
export interface PeerProcess {
  request(message: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>
  close(): void
}

/**
 * Starts `peer.py`.
 *
 * @throws Error when the process ends before it answers.
 */
export function startPeer(python: string, script: string): PeerProcess {
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  })
  const waiting: { resolve(value: Record<string, unknown>): void; reject(error: Error): void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.shift()?.resolve(JSON.parse(line) as Record<string, unknown>)
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${script} ended with exit code ${code}`))
  })
  return {
    request(message) {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin.write(`${JSON.stringify(message)}\n`)
      })
    },
    close: () => child.stdin.end(),
  }
}
