import type { ObjectiveFunction } from '../../src/bench/functions/objective.ts'
import { testFunction } from '../../src/bench/functions/registry.ts'
import { type FunctionRun, runFunctions } from '../../src/bench/functions/run-functions.ts'
import type { Backend } from '../../src/numerics/linalg/backend.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import type { ParameterValue } from '../../src/space/parameter.ts'
import type { PeerProcess } from './peer-process.ts'

/** Functions that are compared after the same number of evaluations. */
export interface RegretGroup {
  readonly name: string
  readonly functions: readonly string[]
  readonly evaluations: number
  readonly repeats: number
}

export const REGRET_GROUPS: readonly RegretGroup[] = [
  {
    name: 'noisy',
    functions: ['branin-noisy', 'hartmann6-noisy', 'ackley5-noisy'],
    evaluations: 50,
    repeats: 20,
  },
  {
    name: 'noisy-long',
    functions: ['branin-noisy', 'hartmann6-noisy', 'ackley5-noisy'],
    evaluations: 100,
    repeats: 20,
  },
  {
    name: 'mixed',
    functions: ['function-choice', 'conditional-learner', 'ridge-table', 'mixed-quadratic'],
    evaluations: 50,
    repeats: 40,
  },
  { name: 'plain', functions: ['branin', 'hartmann6', 'ackley5'], evaluations: 100, repeats: 20 },
]

export const isPeer = (sampler: string): boolean => sampler.startsWith('optuna') || sampler === 'botorch'

/** Whether a run belongs to a group: groups of the same functions differ in length. */
export const isOf = ({ functions, evaluations }: RegretGroup, run: FunctionRun): boolean =>
  functions.includes(run.function) && run.regret.length === evaluations

/** One study by Krige or a peer, on the same function and the same noise; the seed of repeat r is `seed` + r. */
export async function runOnce(
  sampler: string,
  functionName: string,
  repeat: number,
  {
    evaluations,
    seed,
    backend,
    peer,
  }: { evaluations: number; seed: number; backend: Backend; peer: () => PeerProcess },
): Promise<FunctionRun> {
  if (isPeer(sampler)) return runPeer(peer(), sampler, testFunction(functionName), repeat, evaluations, seed)
  const { runs } = runFunctions({
    functions: [functionName],
    samplers: [sampler],
    evaluations,
    repeats: 1,
    seed: seed + repeat,
    backend,
  })
  return { ...runs[0]!, repeat }
}

/** The noise a repeat meets is the one `runFunctions` would give it. */
async function runPeer(
  peer: PeerProcess,
  sampler: string,
  objective: ObjectiveFunction,
  repeat: number,
  evaluations: number,
  seed: number,
): Promise<FunctionRun> {
  const noise = createRandom(seed + repeat)
    .split(objective.name)
    .split(0)
    .split('noise')
  await peer.request({
    op: 'start',
    sampler,
    space: objective.space,
    seed: seed + repeat,
    deterministic: objective.noise === 0,
  })
  const regret: number[] = []
  const askMilliseconds: number[] = []
  const trueRegret = (parameters: unknown) =>
    objective.value(parameters as Record<string, ParameterValue>) - objective.minimum
  for (let t = 0; t < evaluations; t++) {
    const { parameters, milliseconds } = await peer.request({ op: 'ask' })
    const value = trueRegret(parameters)
    askMilliseconds.push(Number(milliseconds))
    regret.push(Math.min(value, regret.at(-1) ?? Number.POSITIVE_INFINITY))
    const disturbance = objective.noise > 0 ? objective.noise * noise.normal() : 0
    await peer.request({ op: 'tell', value: value + disturbance })
  }
  const { parameters } = await peer.request({ op: 'recommend' })
  return {
    function: objective.name,
    sampler,
    repeat,
    regret,
    askMilliseconds,
    recommendedRegret: trueRegret(parameters),
  }
}
