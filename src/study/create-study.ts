/**
 * A study in memory: the library's ask/tell face.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput, functionSchema, objectWith, showValue } from '../check-input.ts'
import { CorruptError, InvalidArgumentError } from '../errors.ts'
import { createBackend } from '../numerics/linalg/create-backend.ts'
import type { Policy, PolicyContext, PolicyFactory } from '../policy/policy.ts'
import { type LearnedPrior, parsePrior } from '../policy/prior/learned-prior.ts'
import { findPolicy, resolvePolicy, STUDY_POLICIES } from '../policy/registry.ts'
import { defineSpace } from '../space/parameter.ts'
import { EVENT_VERSION, type StudyConfig, type StudyEvent } from './events.ts'
import { checkBudget } from './ledger.ts'
import { createFold, foldEvents } from './state.ts'
import { openStudy, type Study, type StudyEnvironment } from './study.ts'
import { type StudyOptions, studyOptionsSchema } from './study-options.ts'

export type { StudyOptions } from './study-options.ts'

/** A policy may be handed what it looks up: keys of an environment. */
const environmentSchema = z.strictObject({
  policy: functionSchema.optional(),
  backend: objectWith('workspace').optional(),
  priors: z.array(z.unknown()).optional(),
  proposers: z.array(z.unknown()).optional(),
  program: objectWith('runs').optional(),
  embedding: functionSchema.optional(),
  log: z.array(z.unknown()).optional(),
} satisfies Record<keyof StudyEnvironment, z.ZodType>)

/**
 * The policy of a study that names none.
 *
 * @example
 * resolvePolicy(DEFAULT_POLICY).create === createKrigePolicy // true
 */
export const DEFAULT_POLICY = 'krige'

/** How a study names a policy that is no registered one. */
export const CUSTOM_POLICY = 'custom'

/**
 * Starts a study.
 *
 * @throws InvalidInputError for an unknown policy; InvalidArgumentError for an impossible space, budget or count, or a prompt
 * that is in the pool twice.
 * @example
 * const study = createStudy({ space: { x: { float: [-5, 10] } }, budget: { evaluations: 50 }, direction: 'minimize' })
 * const action = study.ask()
 * if (action.kind === 'evaluate') study.tell(action.id, [(Number(action.candidate.parameters?.['x']) - 2) ** 2])
 * study.spent.evaluations // 1
 */
export function createStudy(given: StudyOptions): Study {
  checkInput<unknown>(studyOptionsSchema, given, 'options')
  const options = { ...given, policy: policyFor(given) }
  const backend = options.backend ?? createBackend()
  const config = configOf(options, backend.name)
  const budget = checkBudget(options.budget === undefined ? {} : options.budget)
  const { evaluations = Number.POSITIVE_INFINITY } = budget
  if (options.holdoutEvaluations === undefined && config.holdoutCount > 0 && evaluations <= config.holdoutEvaluations) {
    throw new InvalidArgumentError(
      `budget.evaluations is ${evaluations}, and the holdout takes ${config.holdoutEvaluations}: nothing is left for the search`,
      { remedy: 'Raise the budget, or hold fewer examples out.' },
    )
  }
  const first: StudyEvent = { v: EVENT_VERSION, type: 'created', config, budget }
  const log = options.keepLog === false ? undefined : [first]
  const study = openStudy(createFold(first), environmentOf(options, backend, log), [first])
  const places = study.add(options.pool ?? [])
  const repeated = places.findIndex((place, index) => place < index)
  if (repeated >= 0) {
    throw new InvalidArgumentError(`pool[${repeated}] repeats pool[${places[repeated]}]; expected distinct prompts`)
  }
  checkParametersAreTried(study, options.policy)
  if (options.baseline !== undefined && !study.state.indexById.has(options.baseline)) {
    throw new InvalidArgumentError(`baseline ${JSON.stringify(options.baseline)} is not in the pool`, {
      remedy: 'Give the id of a candidate of the pool; a text has the number of its place, "1" the first.',
    })
  }
  return study
}

/** The default policy chooses among prompts; where there are only parameters, `gp` does the same for them. */
export function policyFor({ policy = DEFAULT_POLICY, space = {}, pool = [] }: StudyOptions): string | PolicyFactory {
  return policy === DEFAULT_POLICY && pool.length === 0 && Object.keys(space).length > 0 ? 'gp' : policy
}

/** Some policies make no points of a space: where no prompt brings parameters, the space would be forgotten in silence. */
function checkParametersAreTried({ state }: Study, policy: string | PolicyFactory): void {
  const [name] = Object.keys(state.config.space)
  const { candidates } = state
  const known = typeof policy === 'string' ? findPolicy(policy) : undefined
  if (!known?.poolOnly || name === undefined || candidates.some(({ parameters }) => parameters)) return
  throw new InvalidArgumentError(
    `parameter ${name} would never be tried: policy ${known.name} chooses among the candidates of the pool, and none has parameters`,
    { remedy: "Give the candidates parameters, one each for the values to compare, or use policy 'gp' or 'tpe'." },
  )
}

/**
 * Takes a study up again from its log: events, or the text {@link Study.serialize} wrote.
 *
 * @param environment What a log cannot hold: a policy factory if the study used one of your own, embeddings, a backend.
 * @throws CorruptError when a line is no event, or the events contradict each other.
 * @example
 * restoreStudy(study.serialize()).state.config.name // 'tickets'
 */
export function restoreStudy(
  log: string | Iterable<StudyEvent>,
  environment: Partial<StudyEnvironment> & { readonly policy?: PolicyFactory } = {},
): Study {
  checkInput<unknown>(environmentSchema, environment, 'environment')
  const events = typeof log === 'string' ? parseLog(log) : checkLog(log)
  const fold = foldEvents(events)
  const { policy, policyOptions } = fold.state.config
  const backend = environment.backend ?? createBackend()
  return openStudy(fold, {
    ...environment,
    ...environmentOf(
      { policy: environment.policy ?? policy, ...(policyOptions ? { policyOptions } : {}) },
      backend,
      events,
    ),
    ...(environment.priors ? { priors: environment.priors } : {}),
  })
}

/**
 * Reads JSON Lines as written by {@link Study.serialize} or exported by a store; traces among them are left out.
 *
 * @example
 * parseLog(study.serialize())[0]?.type // 'created'
 */
export function parseLog(text: string): StudyEvent[] {
  return text
    .split('\n')
    .filter((line) => line.trim().length > 0)
    .map((line, index) => {
      let event: unknown
      try {
        event = JSON.parse(line)
      } catch (cause) {
        throw new CorruptError(`line ${index + 1} of the log is not JSON`, {
          remedy: 'Pass what study.serialize() returned, unchanged.',
          cause,
        })
      }
      return checkEvent(event, `line ${index + 1} of the log`)
    })
    .filter((event) => (event.type as string) !== 'trace')
}

function checkLog(log: Iterable<unknown>): StudyEvent[] {
  if (typeof log?.[Symbol.iterator] !== 'function') {
    throw new InvalidArgumentError(`log is ${showValue(log)}; expected events, or the text that serialize wrote`)
  }
  return [...log].map((event, index) => checkEvent(event, `log[${index}]`))
}

function checkEvent(event: unknown, name: string): StudyEvent {
  if (typeof event === 'object' && event !== null && 'type' in event) return event as StudyEvent
  throw new CorruptError(`${name} is ${showValue(event)}; expected an event`)
}

/** What policies keep per example has to fit into memory. */
const MOST_EXAMPLES = 10_000_000

/** The `created` event's half of the options, checked. */
export function configOf(options: StudyOptions, backend: string): StudyConfig {
  const { exampleCount = 1, holdoutCount = 0, callsPerEvaluation = 1 } = options
  for (const [name, value, low] of [
    ['exampleCount', exampleCount, 1],
    ['holdoutCount', holdoutCount, 0],
    ['callsPerEvaluation', callsPerEvaluation, 1],
  ] as const) {
    if (!(Number.isInteger(value) && value >= low)) {
      throw new InvalidArgumentError(`${name} is ${value}; expected a whole number of at least ${low}`)
    }
  }
  if (exampleCount > MOST_EXAMPLES) {
    throw new InvalidArgumentError(`exampleCount is ${exampleCount}; expected at most ${MOST_EXAMPLES}`)
  }
  const seed = options.seed ?? 0
  if (!Number.isSafeInteger(seed)) throw new InvalidArgumentError(`seed is ${seed}; expected a whole number`)
  const { policy = DEFAULT_POLICY } = options
  const known = typeof policy === 'string' ? findPolicy(policy) : undefined
  const { response = known?.response ?? 'score' } = options
  if (known && response !== (known.response ?? 'score')) {
    throw new InvalidArgumentError(
      `response is ${response}; policy ${known.name} asks for ${known.response ?? 'score'}s`,
    )
  }
  if (response === 'comparison' && options.direction === 'minimize') {
    throw new InvalidArgumentError(
      'direction is minimize; expected maximize: the winner of a comparison is the better one',
    )
  }
  // Both are measured on what is held out, or each other's answers compared.
  const finalists = response === 'comparison' || options.baseline === undefined ? 1 : 2
  const { holdoutEvaluations = finalists * holdoutCount } = options
  if (!(Number.isInteger(holdoutEvaluations) && holdoutEvaluations >= 0)) {
    throw new InvalidArgumentError(`holdoutEvaluations is ${holdoutEvaluations}; expected a whole number of at least 0`)
  }
  return {
    name: options.name ?? 'study',
    direction: options.direction ?? 'maximize',
    seed,
    policy: typeof policy === 'string' ? (known?.name ?? policy) : CUSTOM_POLICY,
    ...(response === 'comparison' ? { response } : {}),
    ...(options.policyOptions === undefined ? {} : { policyOptions: options.policyOptions }),
    backend,
    estimand: options.estimand ?? 'population',
    space: defineSpace(options.space ?? {}),
    exampleCount,
    holdoutCount,
    fingerprint: options.fingerprint ?? {},
    ...(options.baseline === undefined ? {} : { baseline: options.baseline }),
    holdoutEvaluations,
    callsPerEvaluation,
    ...(options.constraints && options.constraints.length > 0 ? { constraints: options.constraints } : {}),
    ...(options.stages && options.stages.length > 1 ? { stages: options.stages } : {}),
    ...(options.prefer === undefined || options.prefer === 'score' ? {} : { prefer: options.prefer }),
    ...(options.prior === undefined ? {} : { prior: readPrior(options.prior, policy) }),
  }
}

function readPrior(given: unknown, policy: string | PolicyFactory): LearnedPrior {
  if (!usesPrior(policy)) {
    throw new InvalidArgumentError(`policy ${policy} learns nothing from a prior`, {
      remedy: `Use policy ${DEFAULT_POLICY}, or leave the prior out.`,
    })
  }
  return parsePrior(given)
}

/** Whether a policy, or one of the caller's own, looks at what was learned on other tasks. */
export function usesPrior(policy: string | PolicyFactory): boolean {
  return typeof policy !== 'string' || policy === DEFAULT_POLICY || policy === CUSTOM_POLICY
}

/** Resolves the policy now, so that an unknown name fails before anything is stored. */
export function environmentOf(
  options: Pick<StudyOptions, 'policy' | 'policyOptions' | 'priors'>,
  backend: PolicyContext['backend'],
  log?: StudyEvent[],
): StudyEnvironment {
  const { policy = DEFAULT_POLICY } = options
  let factory: (context: PolicyContext) => Policy
  if (policy === CUSTOM_POLICY) {
    throw new InvalidArgumentError(`policy is "${CUSTOM_POLICY}", one of your own; expected the function that makes it`)
  }
  if (typeof policy === 'string') {
    const resolved = resolvePolicy(policy, options.policyOptions, STUDY_POLICIES)
    factory = (context) => resolved.create({ ...context, options: resolved.options })
  } else factory = policy
  return {
    policy: factory,
    backend,
    ...(options.priors ? { priors: options.priors } : {}),
    ...(log ? { log } : {}),
  }
}
