import { describe, expect, it } from 'vitest'
import { embedStreams } from '../../../src/bench/streams/embed-streams.ts'
import { playStream } from '../../../src/bench/streams/play-stream.ts'
import { predictStream } from '../../../src/bench/streams/predict-stream.ts'
import { runStreams } from '../../../src/bench/streams/run-streams.ts'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { rankCorrelation } from '../../../src/numerics/special/rank-correlation.ts'
import type { Policy } from '../../../src/policy/policy.ts'
import { readStream } from '../../../src/recording/stream.ts'
import { streamDocument } from './small-streams.ts'

const stream = readStream(streamDocument(), 'small', 'small.json')
const entries = (await embedStreams([stream], undefined))[0]!.entries
const backend = benchBackend()

const scripted = (next: Policy['next']) => () => ({ name: 'scripted', next, recommend: () => undefined })

describe('playStream', () => {
  it('charges measured cells only, and shows prompts in their order', () => {
    const seen: number[] = []
    const play = playStream(
      stream,
      entries,
      () => {
        let candidate = -1
        return {
          name: 'scripted',
          next({ pool, evaluationsLeft }) {
            seen.push(pool.length)
            if (++candidate === 10)
              return { kind: 'act', action: { kind: 'generate', proposer: 'any', parents: [], count: 3 } }
            if (candidate >= 12) return { kind: 'done', reason: 'enough' }
            expect(evaluationsLeft).toBeGreaterThan(0)
            const examples = Array.from({ length: 30 }, (_, example) => example)
            return {
              kind: 'act',
              action: { kind: 'evaluate', candidate: Math.min(candidate, candidate < 10 ? 9 : 10), examples },
            }
          },
          recommend: () => undefined,
        }
      },
      { seed: 1, backend },
    )
    expect(play.cellsToMatch).toBeNull()
    expect(seen[0]).toBe(10)
    expect(seen[11]).toBe(13)
  })

  it.each<[string, Policy['next'], string]>([
    ['waits', () => ({ kind: 'wait' }), 'nothing is pending'],
    [
      'asks for a prompt that has not come yet',
      () => ({ kind: 'act', action: { kind: 'evaluate', candidate: 10, examples: [0] } }),
      'candidate 10',
    ],
    [
      'asks for nothing',
      () => ({ kind: 'act', action: { kind: 'evaluate', candidate: 0, examples: [] } }),
      'no example',
    ],
    ['asks twice', () => ({ kind: 'act', action: { kind: 'evaluate', candidate: 0, examples: [0] } }), 'a second time'],
  ])('names a policy that %s', (_, next, message) => {
    expect(() => playStream(stream, entries, scripted(next), { seed: 1, backend })).toThrow(message)
  })
})

describe('runStreams', () => {
  const options = {
    streams: [{ stream, entries }],
    policies: ['as-it-came', 'successive-halving', 'screening', 'krige'],
    repeats: 2,
    seed: 3,
    backend,
  }

  it('gives a run per stream, policy and repeat, the same every time', async () => {
    const { runs } = await runStreams(options)
    expect(runs).toHaveLength(8)
    expect(await runStreams(options)).toEqual({ runs })
    for (const run of runs) {
      expect(run.cells).toBe(stream.cells)
      expect(run.cellsSpent).toBeLessThanOrEqual(run.cells)
      expect(run.matched).toBe(run.cellsToMatch !== null)
      expect(run.rankCorrelation === null).toBe(!['krige', 'screening'].includes(run.policy))
    }
  })

  it('refuses unknown policies', async () => {
    await expect(runStreams({ ...options, policies: ['nobody'] })).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('predictStream', () => {
  it('predicts prompts whose wording tells how good they are', () => {
    const predictions = predictStream(stream, entries)
    expect(predictions.rankCorrelation).toBeGreaterThan(0.5)
    expect(predictions.coverage).toBeGreaterThan(0.6)
  })
})

describe('rankCorrelation', () => {
  it('gives equals their mean rank', () => {
    // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4])
    expect(rankCorrelation([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(0.9486832980505138, 12)
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNull()
    expect(rankCorrelation([1, 2], [1, 2])).toBeNull()
  })
})
