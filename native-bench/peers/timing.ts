import type { Backend } from '../../src/numerics/linalg/backend.ts'
import type { PeerProcess } from './peer-process.ts'
import { measurePool } from './pool.ts'
import { runOnce } from './regret.ts'

/** Milliseconds of one piece of work, by who does it. */
export interface Timing {
  readonly work: string
  readonly milliseconds: Readonly<Record<string, number>>
}

/** Asks over which the median is taken. */
const LAST = 10

/** What an ask costs late in a study of Hartmann6, and a fit with a proposal over a pool; one thread each. */
export async function measureTimings(peer: PeerProcess, backend: Backend): Promise<Timing[]> {
  const late = async (sampler: string, observations: number): Promise<number> => {
    const context = { evaluations: observations + LAST, seed: 1, backend, peer }
    const { askMilliseconds } = await runOnce(sampler, 'hartmann6', 0, context)
    return median(askMilliseconds.slice(-LAST))
  }
  const ofAll = async (samplers: readonly string[], observations: number): Promise<Record<string, number>> => {
    const milliseconds: Record<string, number> = {}
    for (const sampler of samplers) milliseconds[sampler] = await late(sampler, observations)
    return milliseconds
  }
  // A study of 110 asks is soon over: the runtime compiles during the first three what it meets in all that follow.
  for (let study = 0; study < 3; study++) await late('gp', 100)
  const { ours, theirs } = await measurePool(peer, backend)
  return [
    { work: 'ask, 6 parameters, n = 100', milliseconds: await ofAll(['gp', 'optuna-gp', 'botorch'], 100) },
    { work: 'ask, 6 parameters, n = 1,000', milliseconds: await ofAll(['tpe', 'optuna-tpe'], 1000) },
    {
      work: 'fit and propose, pool of 1,000, n = 200, d = 384, warm',
      milliseconds: { gp: ours, botorch: theirs },
    },
  ]
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
