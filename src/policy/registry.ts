/**
 * Every policy by name. Adding one is its file, which exports a {@link PolicyEntry}, and its name in a list here. The
 * conformance suite runs on all that are listed.
 *
 * @module
 */
import * as z from 'zod'
import { InvalidInputError } from '../errors.ts'
import { comparisonPolicy } from './comparison.ts'
import { gpPolicy } from './gp.ts'
import { hyperbandPolicy } from './hyperband.ts'
import { krigePolicy } from './krige.ts'
import type { PolicyFactory } from './policy.ts'
import type { PolicyEntry } from './policy-entry.ts'
import { randomPolicy } from './random.ts'
import { sobolPolicy } from './sobol.ts'
import { successiveHalvingPolicy } from './successive-halving.ts'
import { tpePolicy } from './tpe.ts'

/**
 * The policies there are, with what each is for.
 *
 * @example
 * POLICIES.map(({ name }) => name) // ['krige', 'gp', …]
 */
export const POLICIES: readonly PolicyEntry[] = [
  krigePolicy,
  gpPolicy,
  tpePolicy,
  randomPolicy,
  sobolPolicy,
  successiveHalvingPolicy,
  hyperbandPolicy,
]

/** Everything a study can run. */
export const STUDY_POLICIES: readonly PolicyEntry[] = [...POLICIES, comparisonPolicy]

/**
 * @returns `undefined` where no policy of a study goes by this name.
 * @example
 * findPolicy('duels')?.name // 'comparison'
 */
export function findPolicy(name: string, among: readonly PolicyEntry[] = STUDY_POLICIES): PolicyEntry | undefined {
  return among.find((entry) => entry.name === name || entry.aliases?.includes(name))
}

/**
 * Looks a policy up and checks its settings.
 *
 * @param among Where to look. @defaultValue {@link POLICIES}
 * @throws InvalidInputError for an unknown name (with the known ones) or settings its schema refuses.
 * @example
 * resolvePolicy('successive-halving', { eta: 3 }).options // { eta: 3 }
 */
export function resolvePolicy(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  among: readonly PolicyEntry[] = POLICIES,
): { readonly create: PolicyFactory; readonly options: Readonly<Record<string, unknown>> } {
  const entry = findPolicy(name, among)
  if (!entry) {
    throw new InvalidInputError(`unknown policy "${name}"`, {
      remedy: `Known policies: ${among.map((known) => known.name).join(', ')}.`,
    })
  }
  const parsed = entry.options.safeParse(options)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const path = issue.path.length === 0 ? 'options' : `options.${issue.path.join('.')}`
    throw new InvalidInputError(`policy ${name}: ${path}: ${issue.message}`, {
      remedy: `Settings of ${name}: ${settingNames(entry.options).join(', ') || 'none'}.`,
    })
  }
  return { create: entry.create, options: parsed.data }
}

function settingNames(schema: PolicyEntry['options']): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}
