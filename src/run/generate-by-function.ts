import { showValue } from '../check-input.ts'
import { InvalidInputError } from '../errors.ts'
import { estimateTokens } from '../evaluation/estimate-tokens.ts'
import type { TextModel } from '../evaluation/text-model.ts'
import { failure } from '../history/failure.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import type { Example, JsonValue } from '../prompt/example.ts'
import { templateTags } from '../proposer/gate/template-tags.ts'
import { messageOf } from '../text/message-of.ts'
import { orAborted } from './or-aborted.ts'
import type { GivenProposer } from './own-proposer.ts'
import { createGenerating, type Generating, openProposer } from './proposing.ts'

/** Answers one question of a writer of prompts: one call as far as the budget is concerned. */
export type Generate = (
  prompt: string,
  context: { readonly temperature: number; readonly seed: number; readonly signal: AbortSignal | undefined },
) => string | Promise<string>

export interface GenerateByFunctionOptions {
  readonly proposers: 'auto' | readonly GivenProposer[]
  readonly examples: readonly unknown[]
  readonly pool: readonly Candidate[]
  readonly baseline: number
  /** Without it only proposers that need no model take part. */
  readonly generate?: Generate
}

/** Has prompts written where examples and the generator are the caller's own. */
export function generateByFunction({ generate, ...given }: GenerateByFunctionOptions): Generating {
  if (!generate && typeof given.proposers === 'object' && openProposer(given)?.needsGenerator) {
    throw new InvalidInputError('generate is missing, and every proposer that is named needs it', {
      remedy: "Pass generate, or name one that needs no model: 'demonstrations', 'format', 'edit'.",
    })
  }
  const examples = given.examples.map(readExample)
  const { pool, baseline } = given
  return createGenerating({
    task: {
      proposers: given.proposers,
      metric: { name: 'evaluate', options: {} },
      examples,
      split: { search: examples.map((_, index) => index), holdout: [], seed: 0 },
      pool,
      baseline,
      preserve: variablesOf(candidateText(pool[baseline]!), given.examples),
    },
    priceOf: () => undefined,
    // As far as is known here: one call of the caller's function, as an evaluation is.
    costOfCall: () => 1,
    ...(generate ? { generator: modelOf(generate) } : {}),
  })!
}

/** What the caller's `evaluate` fills in, as far as one can see: tags of templates, and keys of the examples in braces. */
function variablesOf(prompt: string, examples: readonly unknown[]): string[] {
  const [example] = examples
  const keys = typeof example === 'object' && example !== null ? Object.keys(example) : []
  return [
    ...new Set([...templateTags(prompt), ...keys.map((key) => `{${key}}`).filter((name) => prompt.includes(name))]),
  ]
}

/** An object with `input`, perhaps `expected`; or anything else, as a whole. */
function readExample(given: unknown, index: number): Example {
  const id = String(index + 1)
  if (typeof given !== 'object' || given === null || !('input' in given)) {
    return { id, input: (given ?? null) as JsonValue, fields: {} }
  }
  const { input, expected } = given as { input: JsonValue; expected?: JsonValue }
  return { id, input, ...(expected === undefined ? {} : { expected }), fields: {} }
}

function modelOf(generate: Generate): TextModel {
  return {
    name: 'generate',
    identity: 'generate',
    concurrency: 1,
    local: true,
    countTokens: estimateTokens,
    async generate({ prompt, sampling, signal }) {
      const inputTokens = estimateTokens(prompt)
      try {
        const context = { temperature: sampling.temperature, seed: sampling.seed ?? 0, signal }
        const text: unknown = await orAborted(generate(prompt, context), signal)
        if (typeof text !== 'string') throw new TypeError(`generate gave ${showValue(text)}; expected a text`)
        const outputTokens = Math.min(estimateTokens(text), sampling.maxOutputTokens)
        return { kind: 'text', text, reason: 'stop', usage: { inputTokens, outputTokens, estimated: true } }
      } catch (error) {
        const message = messageOf(error)
        const usage = { inputTokens, outputTokens: 0, estimated: true }
        return { kind: 'failure', failure: failure(signal?.aborted ? 'cancelled' : 'program', message), usage }
      }
    },
    async close() {},
  }
}
