import type { Backend } from '../../src/numerics/linalg/backend.ts'
import type { PeerProcess } from './peer-process.ts'
import { measurePool } from './pool.ts'
import { runOnce } from './regret.ts'

/** Milliseconds of one piece of work, by who does it. */
export interface Timing {
  readonly work: string
  readonly milliseconds: Readonly<Record<string, number>>
}

/** The median is taken over this many asks, the last of each study … */
const LAST = 10
/** … of this many studies: what ten asks cost depends on which of them fit hyper-parameters. */
const STUDIES = 3

/** What an ask costs late in a study of Hartmann6, and a fit with a proposal over a pool; one thread each. */
export async function measureTimings(peer: PeerProcess, backend: Backend): Promise<Timing[]> {
  const late = async (sampler: string, observations: number): Promise<number> => {
    const context = { evaluations: observations + LAST, seed: 1, backend, peer: () => peer }
    const last: number[] = []
    for (let study = 0; study < STUDIES; study++) {
      const { askMilliseconds } = await runOnce(sampler, 'hartmann6', study, context)
      last.push(...askMilliseconds.slice(-LAST))
    }
    return median(last)
  }
  const ofAll = async (samplers: readonly string[], observations: number): Promise<Record<string, number>> => {
    const milliseconds: Record<string, number> = {}
    for (const sampler of samplers) milliseconds[sampler] = await late(sampler, observations)
    return milliseconds
  }
  // A study of 110 asks is soon over: the runtime compiles during the first three what it meets in all that follow.
  await late('gp', 100)
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
