import { InvalidInputError } from '../errors.ts'
import { functionModel, type Generate } from '../evaluation/models/function-model.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import type { Example, JsonValue } from '../prompt/example.ts'
import { templateTags } from '../proposer/gate/template-tags.ts'
import type { GivenProposer } from './own-proposer.ts'
import { createGenerating, type Generating, openProposer } from './proposing.ts'

export interface GenerateByFunctionOptions {
  readonly proposers: 'auto' | readonly GivenProposer[]
  readonly examples: readonly unknown[]
  readonly pool: readonly Candidate[]
  readonly baseline: number
  readonly description?: string | undefined
  /** Texts to keep, beside what the caller's `evaluate` fills in. */
  readonly preserve?: readonly string[] | undefined
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
  const { pool, baseline, description, preserve = [] } = given
  return createGenerating({
    task: {
      proposers: given.proposers,
      metric: { name: 'evaluate', options: {} },
      examples,
      split: { search: examples.map((_, index) => index), holdout: [], seed: 0 },
      pool,
      baseline,
      ...(description === undefined ? {} : { description }),
      preserve: [...new Set([...preserve, ...variablesOf(candidateText(pool[baseline]!), given.examples)])],
    },
    priceOf: () => undefined,
    // As far as is known here: one call of the caller's function, as an evaluation is.
    costOfCall: () => 1,
    ...(generate ? { generator: functionModel(generate) } : {}),
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
