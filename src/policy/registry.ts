/**
 * Every policy by name. Adding one = its file, one line here, one line in the conformance suite.
 *
 * @module
 */
import * as z from 'zod'
import { InvalidInputError } from '../errors.ts'
import type { ResponseKind } from '../history/comparison.ts'
import { createComparisonPolicy } from './comparison.ts'
import { createGpPolicy, gpOptionsSchema } from './gp.ts'
import { createHyperbandPolicy, hyperbandOptionsSchema } from './hyperband.ts'
import { krigeOptionsSchema } from './krige/options.ts'
import { createKrigePolicy } from './krige.ts'
import { lookingAgain } from './looking-again.ts'
import type { PolicyFactory } from './policy.ts'
import { createRandomPolicy } from './random.ts'
import { createSobolPolicy } from './sobol.ts'
import { createSuccessiveHalvingPolicy, successiveHalvingOptionsSchema } from './successive-halving.ts'
import { tpeOptionsSchema } from './tpe/options.ts'
import { createTpePolicy } from './tpe.ts'

export interface PolicyEntry {
  readonly name: string
  /** Names it had before, which are still accepted. */
  readonly aliases?: readonly string[]
  /** What it asks for. @defaultValue 'score' */
  readonly response?: ResponseKind
  /** One line for `--help` and the docs table. */
  readonly summary: string
  readonly create: PolicyFactory
  /** Checks `PolicyContext.options`; unknown keys are refused. */
  readonly options: z.ZodType<Record<string, unknown>>
}

/** Schema of a policy without settings. */
export const NO_OPTIONS = z.strictObject({})

/**
 * The policies there are, with what each is for.
 *
 * @example
 * POLICIES.map(({ name }) => name) // ['krige', 'gp', …]
 */
export const POLICIES: readonly PolicyEntry[] = [
  {
    name: 'krige',
    summary: 'Gaussian process over prompt texts, example difficulty and binomial noise; the default for prompts',
    create: createKrigePolicy,
    options: krigeOptionsSchema,
  },
  {
    name: 'gp',
    summary: 'Gaussian process and expected improvement over parameters, or a pool of prompts at full fidelity',
    create: lookingAgain(createGpPolicy),
    options: gpOptionsSchema,
  },
  {
    name: 'tpe',
    summary: 'Tree-structured Parzen estimator over parameters with conditions, or over the slots of prompts',
    create: lookingAgain(createTpePolicy),
    options: tpeOptionsSchema,
  },
  {
    name: 'random',
    summary: 'Random points of a space, or random prompts evaluated in full',
    create: lookingAgain(createRandomPolicy),
    options: NO_OPTIONS,
  },
  {
    name: 'sobol',
    summary: "A scrambled Sobol' sequence over a space, or over the slots of prompts evaluated in full",
    create: lookingAgain(createSobolPolicy),
    options: NO_OPTIONS,
  },
  {
    name: 'successive-halving',
    summary: 'Paired successive halving over nested examples',
    create: createSuccessiveHalvingPolicy,
    options: successiveHalvingOptionsSchema,
  },
  {
    name: 'hyperband',
    summary: 'Brackets of paired successive halving, from wide and shallow to narrow and deep',
    create: createHyperbandPolicy,
    options: hyperbandOptionsSchema,
  },
]

/** Compares instead of scoring: the policy of tasks whose metric is a pairwise judge. */
export const COMPARISON: PolicyEntry = {
  name: 'comparison',
  aliases: ['duels'],
  response: 'comparison',
  summary: 'Comparisons by a judge, chosen by Thompson sampling from a pairwise Gaussian process',
  create: createComparisonPolicy,
  options: NO_OPTIONS,
}

/** Everything a study can run. */
export const STUDY_POLICIES: readonly PolicyEntry[] = [...POLICIES, COMPARISON]

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
