/**
 * Whether a study that is taken up again is the one that {@link optimize} began.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { showValue } from '../check-input.ts'
import { ConflictError } from '../errors.ts'
import { constraintText } from '../history/constraint.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { DEFAULT_POLICY, type StudyOptions } from '../study/create-study.ts'
import type { StudyConfig } from '../study/events.ts'
import type { Budget } from '../study/ledger.ts'
import type { StudyState } from '../study/state.ts'
import { contentOf } from './optimize-pool.ts'

type Chosen = Pick<StudyOptions, 'policy' | 'policyOptions' | 'seed'>

/** How a study searches: as the caller says, else as it began, else as any does. */
export function chosenOf(given: Chosen, begun: StudyConfig | undefined) {
  const policyOptions = given.policyOptions ?? begun?.policyOptions
  return {
    policy: given.policy ?? begun?.policy ?? DEFAULT_POLICY,
    seed: given.seed ?? begun?.seed ?? 1,
    ...(policyOptions === undefined ? {} : { policyOptions }),
  }
}

/** What must not change between two runs of a study, by name. */
export function checkSameStudy({ config, candidates }: StudyState, now: StudyConfig, pool: readonly Candidate[]): void {
  const partsOf = (one: StudyConfig) => {
    const { seed, direction, policy, exampleCount, baseline, constraints, prefer, fingerprint } = one
    return {
      prefer: prefer ?? 'score',
      constraints: (constraints ?? []).map(constraintText).join('; ') || 'none',
      seed,
      direction,
      policy,
      examples: fingerprint['examples'] ?? exampleCount,
      holdout: fingerprint['holdout'] ?? 'none',
      baseline: baseline ?? 'none',
    }
  }
  if (now.prior !== undefined && JSON.stringify(config.prior) !== JSON.stringify(now.prior)) {
    throw new ConflictError(`study ${config.name} was started with ${config.prior ? 'another' : 'no'} prior`, {
      remedy: 'Leave the prior out to go on as it began, or name another study.',
    })
  }
  const before = partsOf(config)
  const wanted = partsOf(now)
  if (config.exampleCount !== now.exampleCount) {
    throw new ConflictError(
      `study ${config.name} was started with ${config.exampleCount} examples; these are ${now.exampleCount}`,
      { remedy: 'Name another study.' },
    )
  }
  // Studies of earlier versions kept no hashes.
  const keys = (Object.keys(before) as (keyof typeof before)[]).filter(
    (key) => config.fingerprint['examples'] !== undefined || (key !== 'examples' && key !== 'holdout'),
  )
  const differing = keys.filter((key) => before[key] !== wanted[key])
  if (differing.length > 0) {
    const textOf = (pool: readonly Candidate[], id: string) => {
      const found = pool.find((candidate) => candidate.id === id)
      return found ? showValue(candidateText(found)) : id
    }
    const details = differing.map((key) => {
      // Hashes and ids tell a reader nothing.
      if (key === 'baseline') {
        return `other baseline: ${textOf(candidates, before.baseline)}, now ${textOf(pool, wanted.baseline)}`
      }
      const isHash = (key === 'examples' || key === 'holdout') && before[key] !== 'none' && wanted[key] !== 'none'
      return isHash ? `other ${key}` : `other ${key}: ${before[key]}, now ${wanted[key]}`
    })
    throw new ConflictError(`study ${config.name} was started with ${details.join('; ')}`, {
      remedy: 'Restore what it was started with (seed and policy may be left out), or name another study.',
    })
  }
  checkSamePolicyOptions(config, now.policyOptions)
  const known = new Map(pool.map((candidate) => [candidate.id, candidate]))
  for (const kept of candidates) {
    const given = known.get(kept.id)
    if (given && contentOf(given) === contentOf(kept)) continue
    if (!given && (kept.origin?.by === 'policy' || kept.origin?.by === 'proposer')) continue
    throw new ConflictError(
      `prompt ${kept.id} of study ${config.name} was ${given ? 'changed' : 'removed'} since it began: ${showValue(candidateText(kept))}`,
      { remedy: 'Keep the prompts it was started with, add new ones behind them, or name another study.' },
    )
  }
}

/** @throws ConflictError when a study that has begun is to go on by other settings of its policy. */
export function checkSamePolicyOptions(
  { name, policyOptions = {} }: StudyConfig,
  now: StudyConfig['policyOptions'],
): void {
  if (isDeepStrictEqual(policyOptions, now ?? {})) return
  throw new ConflictError(
    `study ${name} was started with policy options ${JSON.stringify(policyOptions)}; now they are ${JSON.stringify(now ?? {})}`,
    { remedy: 'Leave the options out to go on as it began, or start another study (--study NAME, or study in code).' },
  )
}

export function isSameBudget(a: Budget, b: Budget): boolean {
  const known = ['evaluations', 'calls', 'inputTokens', 'outputTokens', 'tokens', 'usd'] as const
  return known.every((key) => (a[key] ?? Number.POSITIVE_INFINITY) === (b[key] ?? Number.POSITIVE_INFINITY))
}

/** Examples may be anything; what JSON cannot say does not tell them apart. */
export function hashOf(values: readonly unknown[]): string {
  let text: string
  try {
    text = JSON.stringify(values)
  } catch {
    text = String(values.length)
  }
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
