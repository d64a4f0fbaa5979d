/**
 * The shape of a program of several stages, as written in `task.yaml`.
 *
 * @module
 */
import * as z from 'zod'
import { modelSchema } from '../evaluation/models/model-specification.ts'

const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'expected letters, digits, _ and -')
const condition = z.strictObject({
  parameter: z.string().min(1),
  in: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1),
})

export const samplingSchema = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().gt(0).max(1).optional(),
  maxOutputTokens: z.int().positive().optional(),
  stop: z.array(z.string().min(1)).optional(),
})

export const stageSchema = z.strictObject({
  template: z.string().min(1).describe('The model input, with {{prompt}}, slots, keys of examples, and outputs.'),
  slots: z.array(name).optional().describe('What else of it may vary, beside {{prompt}}.'),
  model: modelSchema.optional().describe('The model of the task when absent.'),
  system: z.string().optional().describe('Its system message, a template as well.'),
  sampling: samplingSchema.optional(),
  writes: name.optional().describe('The name its output goes by; its own when absent.'),
  when: condition.optional().describe('Where the parameter has another value, the stage is passed by.'),
  longest: z.int().positive().optional().describe('Characters of an answer; a longer one is a failure.'),
})

const transitionSchema = z.strictObject({
  to: name,
  equals: z.string().optional(),
  contains: z.string().min(1).optional(),
  matches: z.string().min(1).optional(),
  when: condition.optional(),
})

const transitionsSchema = z.union([name, z.array(transitionSchema).min(1)])

export const stateSchema = z.strictObject({
  stage: name.optional().describe('The stage that runs; the one of its name when absent.'),
  rounds: z.union([z.int().nonnegative(), z.string().min(1)]).optional(),
  next: transitionsSchema.optional(),
})

export const programKeys = {
  stages: z
    .record(name, stageSchema)
    .optional()
    .describe('A program of several stages, each with a template of its own, instead of template.'),
  states: z.record(name, stateSchema).optional().describe('The order of stages, as a state machine.'),
  start: transitionsSchema.optional().describe('The first state; the first that is written when absent.'),
  maxSteps: z.int().min(1).max(1000).optional().describe('Stages that may run for one example.'),
  output: name.optional().describe('The output that is scored; what the last stage writes when absent.'),
} as const

export type StageInput = z.output<typeof stageSchema>
export type TransitionsInput = z.output<typeof transitionsSchema>
