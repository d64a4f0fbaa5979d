import * as z from 'zod'
import { InvalidInputError } from '../../errors.ts'
import type { ApiKeyCommand } from '../api-key-command.ts'
import type { TextModel } from '../text-model.ts'

const perMinute = z.number().positive()

/** How a model behind HTTP is to be asked; nothing a score depends on. */
const settings = {
  apiKeyCommand: z
    .union([z.string().min(1), z.array(z.string()).min(1)])
    .optional()
    .describe('Prints the key: a list runs as it stands, a text through the shell.'),
  requestsPerMinute: perMinute.optional(),
  tokensPerMinute: perMinute.optional().describe('Input and output together.'),
  concurrency: z.int().positive().optional().describe('Calls in flight.'),
  timeout: z.number().positive().optional().describe('Seconds until a call is given up.'),
  batch: z
    .int()
    .min(2)
    .max(50_000)
    .optional()
    .describe(
      "Calls sent together through the provider's batch interface, mostly at half the price: answers may take hours.",
    ),
}

/** A model's name, or its name and settings. */
export const modelSchema = z.union([z.string().min(1), z.strictObject({ name: z.string().min(1), ...settings })])

export type ModelInput = z.output<typeof modelSchema>

/** Settings of a model that has been read. */
export interface ModelSettings {
  /** A list is run without a shell. */
  readonly apiKeyCommand?: ApiKeyCommand
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly concurrency?: number
  /** Seconds. */
  readonly timeout?: number
  /** Calls that are sent together, through the provider's batch interface. */
  readonly batch?: number
}

/**
 * @example
 * readModel({ name: 'openai:gpt-5-mini', requestsPerMinute: 500 }) // ['openai:gpt-5-mini', { requestsPerMinute: 500 }]
 */
export function readModel(written: ModelInput): readonly [name: string, settings: ModelSettings] {
  if (typeof written === 'string') return [written, {}]
  const { name, ...rest } = written
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  return [name, Object.fromEntries(given) as ModelSettings]
}

/** Opens a model that is written as a task's is, e.g. a judge. */
export async function openNamedModel(
  written: ModelInput,
  open: ((specification: string, settings?: ModelSettings) => Promise<TextModel>) | undefined,
): Promise<TextModel> {
  if (!open)
    throw new InvalidInputError('the metric needs a model, and none can be opened here', {
      remedy: 'Pass openModel, or take a metric that asks no model.',
    })
  const [name, own] = readModel(written)
  return typeof written === 'string' ? open(name) : open(name, own)
}
