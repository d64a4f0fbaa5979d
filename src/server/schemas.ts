/**
 * What the server takes and gives: one source for validation, types and the OpenAPI document.
 *
 * @module
 */
import { z } from '@hono/zod-openapi'

/** Texts longer than this are refused: no prompt is that long. */
const LONGEST_TEXT = 200_000

const text = z.string().max(LONGEST_TEXT)
const index = z.int().min(0)
const parameterValue = z.union(
  [z.number(), z.string(), z.boolean(), z.null()],
  'expected a number, a text, true, false or null',
)

const candidateFields = {
  id: z.string().min(1).max(200).optional().describe('Default: the next free number.'),
  text: text.optional(),
  slots: z.record(z.string(), text).optional(),
  parameters: z.record(z.string(), parameterValue).optional(),
}

/** A text, or a candidate with slots or parameters. */
export const candidateInput = z
  .union([text, z.strictObject(candidateFields)], 'expected a text, or { id, text, slots, parameters }')
  .openapi('CandidateInput')
  .describe('A prompt as text, or with slots or parameter values.')

export const candidate = z
  .object({ ...candidateFields, id: z.string(), index })
  .openapi('Candidate')
  .describe('A candidate of the pool; `index` is its place there.')

const limit = z.number().min(0).optional()

export const studyInput = z
  .strictObject({
    name: z
      .string()
      // In an address, . and .. are folders: nothing would reach such a study.
      .regex(
        /^(?!\.+$)[\w.-]{1,120}$/,
        'expected 1 to 120 letters, digits, dashes, underscores or dots, not dots alone',
      )
      .meta({ example: 'triage' }),
    pool: z.array(candidateInput).max(100_000).default([]),
    space: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .default({})
      .meta({ example: { temperature: { float: [0, 1] } } }),
    policy: z.string().optional().describe('Default: krige, which over parameters alone is gp.'),
    policyOptions: z.record(z.string(), z.unknown()).optional(),
    budget: z
      .strictObject({ evaluations: limit, calls: limit, inputTokens: limit, outputTokens: limit, usd: limit })
      .default({})
      .describe('Hard limits. Default: none; of a study that exists, those it has.'),
    direction: z.enum(['maximize', 'minimize']).default('maximize'),
    seed: z.int().default(0),
    exampleCount: z.int().min(1).max(100_000).default(1),
    holdoutCount: z
      .int()
      .min(0)
      .max(100_000)
      .default(0)
      .describe(
        'Further examples, numbered from 0 by themselves, that the search never sees: `conclude` has winner and baseline measured on them. The budget pays for that.',
      ),
    estimand: z.enum(['population', 'set']).default('population'),
    baseline: z.string().optional().describe('Id of the candidate to beat.'),
  })
  .openapi('StudyInput')

const verdict = z
  .enum(['improved', 'no improvement', 'undecided'])
  .describe('Whether the winner is better than the baseline, by examples that the search never saw.')

export const studyOut = z
  .object({
    name: z.string(),
    policy: z.string(),
    direction: z.enum(['maximize', 'minimize']),
    seed: z.int(),
    exampleCount: z.int(),
    holdoutCount: z.int(),
    candidates: z.int(),
    observations: z.int(),
    pendingActions: z.int(),
    spent: z.object({
      evaluations: z.number(),
      calls: z.number(),
      inputTokens: z.number(),
      outputTokens: z.number(),
      usd: z.number(),
    }),
    state: z.enum(['running', 'paused', 'stopped', 'over']),
    evaluationsLeft: z.number().nullable().describe('null: unlimited.'),
    events: z.int().describe('Events so far; `from` of the event stream.'),
    verdict: verdict.nullable().describe('null before it was concluded.'),
  })
  .openapi('Study')

export const studyName = z.object({ name: z.string().openapi({ param: { name: 'name', in: 'path' } }) })

export const askInput = z
  .strictObject({
    count: z.int().min(1).max(1000).default(1).describe('How many actions at most.'),
  })
  .openapi('AskInput')

export const action = z
  .object({
    id: z.int(),
    kind: z.enum(['evaluate', 'compare']),
    candidate,
    rival: candidate.optional(),
    examples: z.array(index),
    holdout: z.literal(true).optional().describe('The examples are those held out, which have numbers of their own.'),
    repeat: z.int(),
    reason: z.string().optional(),
  })
  .openapi('Action')
  .describe('Measure `candidate` on `examples` (compare: against `rival`) and tell the results in this order.')

export const asked = z
  .object({
    actions: z.array(action),
    status: z
      .enum(['act', 'wait', 'done'])
      .describe('wait: nothing more can be proposed before something pending is told. done: `reason` says why.'),
    reason: z.string().optional(),
  })
  .openapi('Asked')

const score = z.union(
  [z.number(), z.boolean(), z.null()],
  'expected a number, true or false, or null for a failed call',
)

const outcome = z
  .union(
    [
      z.number(),
      z.boolean(),
      z.null(),
      z.strictObject({
        score: score.optional(),
        error: z.string().max(10_000).optional(),
        metrics: z.record(z.string(), z.number()).optional(),
      }),
    ],
    'expected a number, true or false, null for a failed call, or { score, error, metrics }',
  )
  .openapi('Outcome')
  .describe('A score; true or false for 1 or 0; null or {error} for a call that failed.')

export const tellInput = z
  .strictObject({
    results: z
      .array(
        z.strictObject({
          action: z.int(),
          scores: z.array(outcome).max(100_000).optional(),
          summary: z
            .strictObject({ mean: z.number(), standardError: z.number().min(0), count: z.int().min(1) })
            .optional()
            .describe('Instead of scores: one mean over all examples of the action.'),
        }),
      )
      .min(1)
      .max(1000),
  })
  .openapi('TellInput')

export const told = z
  .object({
    told: z.int(),
    repeated: z.int().describe('Results that were told before, with the same values: counted once.'),
  })
  .openapi('Told')

export const candidateReference = z
  .union(
    [z.strictObject({ id: z.string() }), z.strictObject({ index }), z.strictObject({ text })],
    'expected { id }, { index } or { text }, one of them',
  )
  .openapi('CandidateReference')
  .describe('A candidate of the pool by id, index or text.')

export const observeInput = z
  .strictObject({
    observations: z
      .array(
        z
          .strictObject({
            candidate: candidateReference,
            example: index.optional().describe('Without it the score is a mean over `count` examples.'),
            score,
            count: z.int().min(1).optional(),
            standardError: z
              .number()
              .min(0)
              .optional()
              .describe('Of the mean. Default: that of a share of `count` examples.'),
          })
          // Here too, so that none of a list counts where one is refused.
          .refine(({ example, count = 1 }) => example === undefined || count === 1, {
            path: ['count'],
            message: 'expected none beside an example: a mean over several examples names no example',
          }),
      )
      .min(1)
      .max(100_000),
  })
  .openapi('ObserveInput')
  .describe('Results that were not asked for; they cost no budget.')

export const observed = z.object({ observed: z.int(), repeated: z.int() }).openapi('Observed')

export const candidatesInput = z
  .strictObject({ candidates: z.array(candidateInput).min(1).max(100_000) })
  .openapi('CandidatesInput')

export const added = z
  .object({
    candidates: z.array(candidate).describe('In order; a text that the pool has already is not added.'),
    added: z.int(),
  })
  .openapi('Added')

export const enqueueInput = z
  .strictObject({ candidate: candidateReference, examples: z.array(index).min(1).max(100_000) })
  .openapi('EnqueueInput')
  .describe('Cells to be measured before anything the policy wants.')

export const releaseInput = z
  .strictObject({ action: z.int(), reason: z.string().max(1000).default('released by the client') })
  .openapi('ReleaseInput')
  .describe('Give back what was asked and never measured.')

export const best = z
  .object({
    best: z
      .object({
        candidate,
        mean: z.number(),
        interval: z.tuple([z.number(), z.number()]),
        level: z.number(),
        probabilityBest: z.number(),
      })
      .nullable()
      .describe('null before anything was measured.'),
  })
  .openapi('Best')

export const concludeInput = z
  .strictObject({
    relevantDifference: z
      .number()
      .min(0)
      .default(0.05)
      .describe('Smaller differences are not worth changing a prompt for.'),
  })
  .openapi('ConcludeInput')

const interval = z.tuple([z.number(), z.number()])
const summary = z.object({ mean: z.number(), interval, count: z.int() }).describe('Mean with a 95% interval.')
const judged = z.object({
  candidate,
  mean: z.number().describe('By the posterior of the search.'),
  interval,
  holdout: summary.nullable(),
})

export const conclusion = z
  .object({
    verdict,
    reason: z.string().describe('Why the search ended.'),
    winner: judged.extend({ level: z.number(), probabilityBest: z.number() }),
    baseline: judged.nullable(),
    difference: summary.nullable().describe('Winner less baseline on what was held out; positive is better.'),
    combined: z
      .object({ mean: z.number(), interval, probabilityBetter: z.number() })
      .nullable()
      .describe('The same by holdout and search together: what the verdict rests on, where there is one.'),
    warnings: z.array(z.string()),
  })
  .openapi('Conclusion')

export const concluded = z
  .object({
    actions: z.array(action).describe('To be measured and told first, on held-out examples; then conclude again.'),
    conclusion: conclusion.nullable().describe('null as long as there are such actions.'),
  })
  .openapi('Concluded')

export const posterior = z
  .object({
    candidates: z.array(
      z.object({
        candidate,
        mean: z.number().nullable(),
        standardDeviation: z.number().nullable(),
        expectedImprovement: z
          .number()
          .nullable()
          .describe(
            'By how much it is expected to be better than the best candidate, worse counted as 0, by their joint posterior.',
          ),
      }),
    ),
  })
  .openapi('Posterior')
  .describe('Posterior of every candidate of the pool; null before anything was measured.')

export const textsInput = z
  .strictObject({ texts: z.array(candidateInput).min(1).max(10_000) })
  .openapi('TextsInput')
  .describe('Prompts as texts or with slots, in the pool or not. Nothing is added or spent.')

const textPosterior = z.object({
  index: z.int().describe('Its place in the texts that were given.'),
  text: z.string(),
  candidate: z.string().optional().describe('Id of the candidate of the pool that reads the same.'),
  measured: z.int().describe('Cells of it that were measured; 0 where its text alone speaks.'),
  mean: z.number(),
  standardDeviation: z.number(),
})

const expectation = z.object({ measured: z.int(), mean: z.number(), standardDeviation: z.number() })

export const predicted = z
  .object({
    texts: z.array(textPosterior).nullable().describe('null before anything was scored.'),
  })
  .openapi('Predicted')
  .describe('What is expected of each text, in the order given, in the units of the scores.')

export const ranked = z
  .object({
    texts: z
      .array(
        textPosterior.extend({
          expectedImprovement: z.number().describe('On the best measured candidate; worse counts as 0.'),
        }),
      )
      .nullable()
      .describe('null before anything was scored.'),
  })
  .openapi('Ranked')
  .describe('Texts by how much trying each is worth, best first.')

export const explainInput = z.strictObject({ candidate: candidateReference }).openapi('ExplainInput')

export const explained = z
  .object({
    explanation: z
      .object({
        candidate,
        posterior: expectation,
        byText: expectation.optional().describe('What its text alone says, its own outcomes left out.'),
        own: z.object({ scored: z.int(), mean: z.number().optional() }),
        nearest: z
          .array(z.object({ candidate, similarity: z.number(), mean: z.number() }))
          .describe('Measured candidates that read most like it, nearest first.'),
      })
      .nullable()
      .describe('null before anything was scored.'),
  })
  .openapi('Explained')
  .describe('What speaks for a candidate of the pool.')

export const pending = z.object({ actions: z.array(action) }).openapi('Pending')
export const accepted = z.object({ accepted: z.literal(true) }).openapi('Accepted')
export const studies = z
  .object({ studies: z.array(z.object({ name: z.string(), createdAt: z.string(), events: z.int() })) })
  .openapi('Studies')

export const errorBody = z
  .object({
    error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }),
  })
  .openapi('Error')
