import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/numerics/random/index.ts'
import { type RunningCli, startKrige } from '../support/krige-cli.ts'

const KILLS = 8
const STUDY = {
  name: 'triage',
  pool: Array.from({ length: 4_000 }, (_, i) => `Label ticket, way ${i}.`),
  policy: 'random',
  exampleCount: 3,
}

interface Asked {
  readonly id: number
  readonly candidate: { readonly index: number }
  readonly examples: readonly number[]
}

/** Starts `krige serve` on a free port, and waits for its address. */
async function startServer(folder: string): Promise<{ readonly cli: RunningCli; readonly url: string }> {
  const cli = startKrige(folder, ['serve', '--port', '0', '--store', 'studies.db', '--quiet'])
  let said = ''
  for await (const piece of cli.child.stdout!.iterator({ destroyOnReturn: false })) {
    said += piece
    const url = / at (\S+);/.exec(said)?.[1]
    if (url) return { cli, url }
  }
  throw new Error(`krige serve did not start: ${cli.stderrSoFar()}`)
}

async function post(url: string, path: string, body: object, key?: string) {
  const headers = { 'Content-Type': 'application/json', ...(key === undefined ? {} : { 'Idempotency-Key': key }) }
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  // biome-ignore lint/suspicious/noExplicitAny: bodies are checked by what is expected of them
  return (await response.json()) as any
}

/** Scores of every cell, as the log has them: a cell told twice has two. */
async function storedScores(url: string): Promise<Map<string, number[]>> {
  const log = await (await fetch(`${url}/studies/triage/export`)).text()
  const events = log
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const asked = new Map<number, { candidate: number; examples: number[] }>()
  const scores = new Map<string, number[]>()
  for (const event of events) {
    if (event.type === 'asked') asked.set(event.action, event)
    if (event.type !== 'told') continue
    const { candidate, examples } = asked.get(event.action)!
    const cell = `${candidate}/${examples[event.position]}`
    scores.set(cell, [...(scores.get(cell) ?? []), event.score])
  }
  return scores
}

const scoresOf = ({ id, examples }: Asked) => examples.map((example) => ((id * 31 + example * 7) % 10) / 10)

describe('a server that is killed again and again', () => {
  it('keeps every result it took, counts a repeated one once, and hands no cell out twice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krige-serve-kill-'))
    const random = createRandom(20261127)
    /** Told, and answered: these must not be lost. */
    const acknowledged = new Map<string, number>()
    const handedOut = new Set<string>()
    let unanswered: Asked | undefined
    let toldAgain = 0
    try {
      for (let kill = 0; kill <= KILLS; kill++) {
        const { cli, url } = await startServer(folder)
        const closed = once(cli.child, 'close')
        try {
          await post(url, '/studies', STUDY)
          const stored = await storedScores(url)
          for (const [cell, score] of acknowledged) expect([cell, stored.get(cell)]).toEqual([cell, [score]])
          const tell = async (action: Asked) => {
            const answer = await post(url, '/studies/triage/tell', {
              results: [{ action: action.id, scores: scoresOf(action) }],
            })
            action.examples.forEach((example, position) => {
              acknowledged.set(`${action.candidate.index}/${example}`, scoresOf(action)[position]!)
            })
            return answer
          }
          if (unanswered) {
            // The client does not know whether its results arrived: it tells them again, once more than it must.
            toldAgain++
            await tell(unanswered)
            expect(await tell(unanswered)).toEqual({ told: 0, repeated: 1 })
            unanswered = undefined
          }
          if (kill === KILLS) break
          // From the first proposal on, which takes longest.
          let die: NodeJS.Timeout | undefined
          try {
            for (;;) {
              const { actions }: { actions: Asked[] } = await post(url, '/studies/triage/ask', { count: 4 })
              die ??= setTimeout(() => cli.child.kill('SIGKILL'), 50 + random.uniform() * 200)
              for (const action of actions) {
                for (const example of action.examples) {
                  const cell = `${action.candidate.index}/${example}`
                  expect(handedOut.has(cell)).toBe(false)
                  handedOut.add(cell)
                }
              }
              if (actions.length === 0) throw new Error('the study ended before the kill; make it larger')
              for (const action of actions) {
                unanswered = action
                await tell(action)
                unanswered = undefined
              }
            }
          } catch (error) {
            // fetch says so when the connection breaks; all else is a fault.
            if (!(error instanceof TypeError)) throw error
          }
          clearTimeout(die)
        } finally {
          cli.child.kill('SIGKILL')
          await closed
        }
      }
      expect(acknowledged.size).toBeGreaterThan(KILLS)
      expect(toldAgain).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('gives who asks again under the same key what was asked before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'krige-serve-kill-'))
    const answers = new Map<string, Asked[]>()
    try {
      for (let kill = 0; kill <= 3; kill++) {
        const { cli, url } = await startServer(folder)
        const closed = once(cli.child, 'close')
        try {
          await post(url, '/studies', STUDY)
          for (const [key, before] of answers) {
            const again = await post(url, '/studies/triage/ask', { count: 3 }, key)
            expect([key, again]).toEqual([key, { actions: before, status: 'act' }])
          }
          if (kill === 3) {
            const { pendingActions } = await (await fetch(`${url}/studies/triage`)).json()
            expect(pendingActions).toBe([...answers.values()].flat().length)
            break
          }
          for (let ask = 0; ask < 3; ask++) {
            const key = `kill ${kill}, ask ${ask}`
            const { actions } = await post(url, '/studies/triage/ask', { count: 3 }, key)
            expect(actions).toHaveLength(3)
            answers.set(key, actions)
          }
          // The answer to this one never arrives; whether it was carried out, the client cannot know.
          const lost = post(url, '/studies/triage/ask', { count: 3 }, `lost ${kill}`).catch(() => undefined)
          await new Promise((wait) => setTimeout(wait, 5 * kill))
          cli.child.kill('SIGKILL')
          await lost
          await closed
          const next = await startServer(folder)
          const stopped = once(next.cli.child, 'close')
          try {
            const { actions } = await post(next.url, '/studies/triage/ask', { count: 3 }, `lost ${kill}`)
            answers.set(`lost ${kill}`, actions)
          } finally {
            next.cli.child.kill('SIGKILL')
            await stopped
          }
        } finally {
          cli.child.kill('SIGKILL')
          await closed
        }
      }
      const cells = [...answers.values()].flat().map(({ candidate, examples }) => `${candidate.index}/${examples}`)
      expect(new Set(cells).size).toBe(cells.length)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
