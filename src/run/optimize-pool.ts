/**
 * The prompts and examples of {@link optimize}, as a study has them.
 *
 * @module
 */
import { showValue } from '../check-input.ts'
import { InvalidArgumentError } from '../errors.ts'
import { createRandom } from '../numerics/random/index.ts'
import { type Candidate, candidateText, isBlank } from '../prompt/candidate.ts'
import type { OptimizeOptions } from './optimize-options.ts'

/** With a baseline and as many examples as this, half are held out unless the caller says which. */
const ENOUGH_TO_SPLIT = 20

/** Examples of the search and of the holdout. */
export function splitOf<Example>(
  options: OptimizeOptions<Example>,
  seed: number,
): [readonly Example[], readonly Example[]] {
  const { examples, holdout, baseline } = options
  if (holdout !== undefined || baseline === undefined || examples.length < ENOUGH_TO_SPLIT) {
    return [examples, holdout ?? []]
  }
  const order = createRandom(seed).split('holdout').permutation(examples.length)
  const half = Math.ceil(examples.length / 2)
  const pick = (indices: ArrayLike<number>) => Array.from(indices, (index) => examples[index]!)
  return [pick(order.slice(0, half)), pick(order.slice(half))]
}

/** Examples that are searched and held out, too: on them the winner was chosen. */
export function overlapWarnings(examples: readonly unknown[], holdout: readonly unknown[]): string[] {
  const searched = new Set(examples.flatMap(writtenOf))
  const both = holdout.flatMap(writtenOf).filter((written) => searched.has(written)).length
  if (both === 0) return []
  return [
    `${both} of ${holdout.length} held-out examples are among those of the search: what they say of the winner is too good.`,
  ]
}

/** Examples whose right answers stand under another key, where prompts that show them would be written. */
export function answerlessWarnings(
  proposers: OptimizeOptions<unknown>['proposers'],
  examples: readonly unknown[],
): string[] {
  const nameOf = (proposer: unknown) => (typeof proposer === 'string' ? proposer : (proposer as { name?: string }).name)
  const shows =
    proposers === 'auto' || (Array.isArray(proposers) && proposers.some((one) => nameOf(one) === 'demonstrations'))
  const [first] = examples
  const hasAnswer = (example: unknown) => typeof example !== 'object' || example === null || 'expected' in example
  if (!shows || examples.some(hasAnswer)) return []
  return [
    `No demonstrations were made of the examples: they have ${Object.keys(first as object).join(', ')}, and none has expected. Name what is asked input, and the right answer expected.`,
  ]
}

/** Nothing for what JSON cannot say. */
function writtenOf(example: unknown): string[] {
  try {
    const written: string | undefined = JSON.stringify(example)
    return written === undefined ? [] : [written]
  } catch {
    return []
  }
}

/** What makes two candidates the same, whatever their ids. */
export function contentOf(candidate: Candidate): string {
  const parameters = Object.entries(candidate.parameters ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([candidateText(candidate), candidate.slots ?? null, parameters])
}

/** Of the pool, the prompt to beat: by its text, or by the id that the caller gave it. */
export function baselineOf<Example>(
  { prompts = [], baseline }: OptimizeOptions<Example>,
  pool: readonly Candidate[],
): Candidate | undefined {
  if (baseline === undefined) return undefined
  const named = () => prompts.find((prompt) => typeof prompt === 'object' && prompt.id === baseline)
  return pool.find((candidate) => candidateText(candidate) === baseline) ?? pool.find((one) => one === named())
}

/** The prompts as candidates. A text has the id of its place, or on a resume the one that it had. */
export function poolOf<Example>(options: OptimizeOptions<Example>, stored: readonly Candidate[] = []): Candidate[] {
  const { prompts = [], baseline } = options
  const storedIds = new Map(stored.map((candidate) => [contentOf(candidate), candidate.id]))
  const taken = new Set([...stored, ...prompts.filter((prompt) => typeof prompt === 'object')].map(({ id }) => id))
  const freeId = (wanted: string) => {
    let id = wanted
    for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`
    taken.add(id)
    return id
  }
  const pool = prompts.map((prompt, index): Candidate => {
    if (typeof prompt === 'object') return prompt
    const id = storedIds.get(contentOf({ id: '', text: prompt })) ?? freeId(String(index + 1))
    return { id, text: prompt }
  })
  if (baseline !== undefined && !baselineOf(options, pool)) {
    if (pool.length > 0 && pool.every(({ slots }) => slots !== undefined)) {
      throw new InvalidArgumentError(
        `baseline is ${showValue(baseline)}, and the prompts have slots; expected the id of one`,
      )
    }
    const id = storedIds.get(contentOf({ id: '', text: baseline })) ?? freeId('baseline')
    pool.push({ id, text: baseline, origin: { by: 'baseline' } })
  }
  if (pool.length === 0) throw new InvalidArgumentError('prompts is empty; expected at least one')
  const seen = new Map<string, number>()
  pool.forEach((candidate, index) => {
    if (isBlank(candidate)) {
      const what = index < prompts.length ? `prompts[${index}]` : 'baseline'
      throw new InvalidArgumentError(`${what} is empty; expected a text`)
    }
    const key = contentOf(candidate)
    const earlier = seen.get(key)
    if (earlier !== undefined) {
      throw new InvalidArgumentError(`prompts[${index}] repeats prompts[${earlier}]; expected distinct prompts`)
    }
    seen.set(key, index)
  })
  return pool
}
