/**
 * The shape of a task, as written in `task.yaml` or passed to {@link defineTask}. Types, checks and the JSON Schema all
 * come from here.
 *
 * @module
 */
import * as z from 'zod'
import { metricSchema } from '../evaluation/metrics/metric-specification.ts'
import { modelSchema } from '../evaluation/models/model-specification.ts'
import { constraintSchema } from '../history/constraint.ts'
import type { JsonValue } from '../prompt/example.ts'
import { spaceSchema } from '../space/parameter.ts'
import { preferenceSchema } from '../study/preference.ts'
import { programKeys, samplingSchema } from './stage-schema.ts'

const json = z.json()
/** Checked and kept as it is: copied key by key, it would lose one called `__proto__`. */
const jsonValue = z.unknown().refine((value) => json.safeParse(value).success, {
  error: 'expected a value as JSON has them',
}) as unknown as z.ZodType<JsonValue>
const share = z.number().min(0)
const limit = z.number().nonnegative()
const count = z.int().nonnegative()

/** An example line; further keys may be named in the template. */
export const exampleSchema = z.looseObject({
  id: z.union([z.string().min(1), z.int()]).optional(),
  input: jsonValue,
  expected: jsonValue.optional(),
})

const slots = z.record(z.string().min(1), z.string())
const parameterValues = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))

/** Where a prompt comes from, as a study's export has it. */
const originSchema = z.strictObject({
  by: z.enum(['pool', 'baseline', 'policy', 'proposer', 'hand']),
  name: z.string().optional(),
  action: z.int().optional(),
  parents: z.array(z.int()).optional(),
  hypothesis: z.string().optional(),
  metaPrompt: z.string().optional(),
})

/** A prompt line: a text or slots. */
export const promptSchema = z.union([
  z.string(),
  z.strictObject({
    id: z.union([z.string().min(1), z.int()]).optional(),
    text: z.string().optional(),
    slots: slots.optional(),
    parameters: parameterValues.optional(),
    origin: z.union([z.string(), originSchema]).optional(),
  }),
])

const proposerSchema = z.union([
  z.string().min(1),
  z.looseObject({ name: z.string().min(1), metaPrompt: z.string().min(1).optional() }),
])

export const taskSchema = z.strictObject({
  $schema: z.string().optional().describe('Where an editor finds the JSON Schema; krige does not read it.'),
  name: z.string().min(1).optional().describe('Names the study; the folder when absent.'),
  description: z.string().optional(),
  examples: z
    .union([z.string().min(1), z.array(exampleSchema)])
    .describe('A file (.jsonl, .csv, .yaml, .json), or the examples themselves.'),
  split: z
    .strictObject({ search: share.optional(), holdout: share.optional(), seed: z.int().optional() })
    .optional()
    .describe('Shares (up to 1) or counts of examples to search with and to hold out.'),
  template: z.string().min(1).optional().describe('The model input, with {{names}} of slots and example fields.'),
  promptVariables: z
    .boolean()
    .optional()
    .describe('Whether prompts are templates themselves and name {{keys}} of an example.'),
  metric: metricSchema.optional(),
  model: modelSchema
    .optional()
    .describe('gguf:NAME, openai-compatible:URL#name or PROVIDER:MODEL; or { name, and how to ask it }.'),
  system: z
    .string()
    .optional()
    .describe('A system message, a template like the other: {{prompt}} or slots may stand in it.'),
  sampling: samplingSchema.optional(),
  ...programKeys,
  prompts: z
    .union([z.string().min(1), z.array(promptSchema)])
    .optional()
    .describe('A file (.jsonl, .csv, .yaml, .json, .txt), or the prompts themselves; none are needed with a baseline.'),
  baseline: z
    .union([
      z.string().min(1),
      z.strictObject({
        id: z.string().optional(),
        text: z.string().optional(),
        slots: slots.optional(),
        parameters: parameterValues.optional(),
      }),
    ])
    .optional()
    .describe('What to compare with: a text, slots, or the id of a prompt.'),
  parameters: spaceSchema.optional(),
  proposers: z
    .union([z.enum(['auto', 'none']), z.array(proposerSchema).min(1)])
    .optional()
    .describe('Who writes further prompts: auto, none, or a list of names, or of { name, metaPrompt, … }.'),
  generator: modelSchema.optional().describe('The model that writes prompts; the model of the task when absent.'),
  preserve: z.array(z.string().min(1)).optional().describe('Texts that every prompt must keep, word for word.'),
  budget: z
    .strictObject({
      evaluations: count.optional(),
      calls: count.optional(),
      inputTokens: count.optional(),
      outputTokens: count.optional(),
      usd: limit.optional(),
    })
    .optional(),
  constraints: z
    .array(constraintSchema)
    .optional()
    .describe('Limits on the mean of what is measured beside the score: { metric, atMost, atLeast }.'),
  prefer: preferenceSchema
    .optional()
    .describe('Of the prompts that cannot be told apart from the best, which one is recommended.'),
  embedder: z.string().min(1).optional(),
  prior: z
    .union([z.string().min(1), z.looseObject({ format: z.string() })])
    .optional()
    .describe('What was learned on other tasks: a file that krige learn wrote.'),
  limits: z
    .strictObject({
      timeout: z.number().positive().max(86_400).optional(),
      memory: z.int().min(64).max(1_048_576).optional(),
      calls: z.int().min(1).max(10_000).optional(),
    })
    .optional()
    .describe(
      'Of a program, a metric module or an autoevals scorer: { timeout: seconds per cell, memory: megabytes }; of a program, also { calls: of its model, per cell }.',
    ),
  evaluate: z.string().min(1).optional().describe('A program module, instead of template, metric and model.'),
})

/** A task as written. */
export type TaskInput = z.input<typeof taskSchema>
export type CheckedTaskInput = z.output<typeof taskSchema>
export type PromptInput = z.output<typeof promptSchema>
