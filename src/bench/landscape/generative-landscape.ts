/**
 * A landscape of prompts that can be written forever, for comparing searches that write. Children resemble their
 * parents in the embeddings of a real model. Quality is a smooth random function of those embeddings plus an effect of
 * every prompt's own.
 *
 * Notation
 *   x            unit-norm sentence embedding of a prompt's text
 *   g(x)         √(2/m) Σ_j a_j cos(w_j · (x − x̄)/ℓ + c_j): a draw from a Gaussian process with a squared-exponential
 *                kernel, by m random Fourier features (Rahimi & Recht 2007); x̄ and ℓ are mean and spread of a sample
 *   f            1.0 g(x) + 0.4 δ − 0.5, δ ~ N(0, 1) from the text alone
 *   y            Bernoulli(σ(f + b_e)), b_e ~ N(0, 1)
 *
 * A child keeps its parent's sentences but one, which is replaced, dropped, added or moved, or takes half of a second
 * parent's.
 *
 * @module
 */
import { createRandom, type Random } from '../../numerics/random/index.ts'
import { logistic } from '../../numerics/special/logistic.ts'
import type { ProposerInfo } from '../../policy/policy.ts'
import { SENTENCES } from './sentences.ts'

export type Embed = (texts: readonly string[]) => Promise<readonly Float64Array[]>

export interface LandscapePrompt {
  readonly sentences: readonly number[]
  readonly text: string
  readonly embedding?: Float64Array
  /** Of a program: its stages' texts. */
  readonly slots?: Readonly<Record<string, string>>
  /** f. */
  readonly ability: number
  /** Which of the parents it was made from. @defaultValue all of them */
  readonly parent?: number
}

export interface GenerativeLandscape {
  readonly examples: number
  readonly start: LandscapePrompt
  /** Writes children of given parents, as a language model would that was asked for variations. */
  children(
    parents: readonly LandscapePrompt[],
    count: number,
    asked?: { readonly slot?: string; readonly proposer?: string },
  ): Promise<readonly LandscapePrompt[]>
  /** Who writes. */
  readonly proposers: readonly ProposerInfo[]
  /** Of a program: its stages. */
  readonly stages?: readonly string[]
  /** One outcome, in [0, 1]. */
  measure(prompt: LandscapePrompt, example: number): number
  /** Mean of the expected outcomes over all examples. */
  expectedScore(prompt: LandscapePrompt): number
}

const FEATURES = 256
const SAMPLE = 80
const LENGTH = 6
const SMOOTH = 1
const OWN = 0.4
const LEVEL = -0.5

/** @param draftsPerCall A call writes so many prompts at most. @defaultValue 1 */
export async function createGenerativeLandscape(
  seed: number,
  embed: Embed,
  { examples = 60, draftsPerCall = 1 }: { readonly examples?: number; readonly draftsPerCall?: number } = {},
): Promise<GenerativeLandscape> {
  const random = createRandom(seed)
  const textOf = (sentences: readonly number[]) => sentences.map((index) => SENTENCES[index]!).join(' ')
  const draw = (source: Random) => Array.from(source.permutation(SENTENCES.length)).slice(0, LENGTH)
  const sampled = Array.from({ length: SAMPLE }, () => draw(random.split('sample').split(random.integer(2 ** 31))))
  const vectors = await embed(sampled.map(textOf))
  const size = vectors[0]!.length
  const center = new Float64Array(size)
  for (const vector of vectors) for (let k = 0; k < size; k++) center[k]! += vector[k]! / SAMPLE
  let spread = 0
  for (const vector of vectors) for (let k = 0; k < size; k++) spread += (vector[k]! - center[k]!) ** 2 / SAMPLE
  const scale = Math.sqrt(spread)
  const features = random.split('features')
  const directions = Array.from({ length: FEATURES }, () => ({
    weights: Float64Array.from({ length: size }, () => features.normal()),
    phase: 2 * Math.PI * features.uniform(),
    amplitude: Math.sqrt(2 / FEATURES) * features.normal(),
  }))
  const smooth = (x: Float64Array) => {
    let sum = 0
    for (const { weights, phase, amplitude } of directions) {
      let angle = phase
      for (let k = 0; k < size; k++) angle += (weights[k]! * (x[k]! - center[k]!)) / scale
      sum += amplitude * Math.cos(angle)
    }
    return sum
  }
  const easinessSource = random.split('easiness')
  const easiness = Float64Array.from({ length: examples }, () => easinessSource.normal())
  const outcomes = random.split('outcomes')

  async function promptsOf(lists: readonly (readonly number[])[]): Promise<LandscapePrompt[]> {
    const texts = lists.map(textOf)
    const embedded = await embed(texts)
    return lists.map((sentences, k) => {
      const own = random.split('own').split(texts[k]!).normal()
      const ability = SMOOTH * smooth(embedded[k]!) + OWN * own + LEVEL
      return { sentences, text: texts[k]!, embedding: embedded[k]!, ability }
    })
  }

  const [start] = await promptsOf([draw(random.split('start'))])
  const writing = random.split('writing')
  return {
    examples,
    start: start!,
    proposers: [{ name: 'landscape', calls: (count) => Math.ceil(count / draftsPerCall) }],
    children: (parents, count) =>
      promptsOf(
        Array.from({ length: count }, () =>
          childOf(
            parents.map(({ sentences }) => sentences),
            writing,
          ),
        ),
      ),
    measure: ({ text, ability }, example) =>
      outcomes.split(text).split(example).uniform() < logistic(ability + easiness[example]!) ? 1 : 0,
    expectedScore: ({ ability }) => easiness.reduce((sum, b) => sum + logistic(ability + b), 0) / examples,
  }
}

function childOf(parents: readonly (readonly number[])[], random: Random): number[] {
  const parent = [...parents[random.integer(parents.length)]!]
  const at = random.integer(parent.length)
  const unused = SENTENCES.map((_, index) => index).filter((index) => !parent.includes(index))
  const other = unused[random.integer(unused.length)]!
  const kind = random.integer(parents.length > 1 ? 6 : 5)
  if (kind === 5) {
    const second = parents[random.integer(parents.length)]!
    return [...new Set([...parent.slice(0, LENGTH / 2), ...second.slice(LENGTH / 2)])]
  }
  if (kind === 0 && parent.length > 3) parent.splice(at, 1)
  else if (kind === 1 && parent.length < 10) parent.splice(at, 0, other)
  else if (kind === 2) parent.push(parent.splice(at, 1)[0]!)
  else parent[at] = other
  return parent
}
