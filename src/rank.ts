import * as z from 'zod'
import { type AnalyticAcquisition, acquisitionValues } from './acquisition/index.ts'
import { checkInput, objectWith } from './check-input.ts'
import { checkVectors } from './embedding/check-vectors.ts'
import type { Embedder } from './embedding/embedder.ts'
import { NonFiniteError } from './errors.ts'
import { points } from './surrogate/points.ts'
import type { Surrogate } from './surrogate/surrogate.ts'

export interface RankOptions {
  /** Fitted to what was measured so far, over vectors of this same embedder. */
  readonly surrogate: Surrogate
  readonly embedder: Embedder
  /** The value of trying a text, given its posterior mean and standard deviation. */
  readonly acquisition: AnalyticAcquisition
  readonly signal?: AbortSignal
}

export interface RankedText {
  readonly text: string
  /** Its place in the texts that were given. */
  readonly index: number
  /** Value of the acquisition, in its own units; larger is better. */
  readonly value: number
  /** Posterior mean and standard deviation, in the units of the surrogate's targets. */
  readonly mean: number
  readonly standardDeviation: number
}

const textsSchema = z.array(
  z.string('expected a text').refine((text) => text.trim() !== '', 'expected a text that says something'),
  'expected a list of texts',
)

const optionsSchema = z.strictObject({
  surrogate: objectWith('posterior'),
  embedder: objectWith('embed'),
  acquisition: objectWith('evaluate'),
  signal: z.instanceof(AbortSignal).optional(),
} satisfies Record<keyof RankOptions, z.ZodType>)

/**
 * Orders texts by how much trying each is worth, best first; equal values keep the order they came in. Embeds the texts
 * and asks the surrogate, which holds the history, for their posterior; neither is changed.
 *
 * @throws InvalidArgumentError on an unknown key, a text that is empty or none, or vectors that are not of the length the
 *   embedder names; NonFiniteError when the acquisition has no value for a text; whatever the embedder and the surrogate throw.
 * @example
 * const data = { points: points(await embedder.embed(['Answer.', 'Label it.'])), targets: Float64Array.of(0.2, 0.9) }
 * const model = { kernel: matern52({ lengthScale: 1 }), observationNoise: 1e-3, mean: 'constant' } as const
 * const surrogate = gaussianProcess(model, data, createBackend())
 * const ranked = await rank(['Reply.', 'Label this.'], { surrogate, embedder, acquisition: logExpectedImprovement(0.9) })
 * ranked[0]?.text // 'Label this.'
 */
export async function rank(texts: readonly string[], options: RankOptions): Promise<RankedText[]> {
  checkInput(textsSchema, texts, 'texts')
  checkInput<unknown>(optionsSchema, options, 'options')
  const { surrogate, embedder, acquisition, signal } = options
  if (texts.length === 0) return []
  const vectors = await embedder.embed(texts, signal ? { signal } : {})
  checkVectors(vectors, texts.length, `embedder ${embedder.id}`, embedder.dimensions)
  const posterior = surrogate.posterior(points(vectors))
  const values = acquisitionValues(acquisition, posterior)
  const ranked = texts.map((text, index): RankedText => {
    const value = values[index]!
    if (Number.isNaN(value)) {
      throw new NonFiniteError(`${acquisition.name} of texts[${index}] is NaN; expected a number`, {
        remedy: 'Check that the acquisition gives numbers, and that the surrogate was fitted to finite scores.',
      })
    }
    const standardDeviation = Math.sqrt(posterior.variance[index]!)
    return { text, index, value, mean: posterior.mean[index]!, standardDeviation }
  })
  return ranked.sort((a, b) => (a.value === b.value ? a.index - b.index : b.value - a.value))
}
