/**
 * A program of five stages, two of which are to blame. Prompts are written stage by stage, and a search should learn
 * where it pays.
 *
 *   x_s          eight of 58 sentences, the prompt of stage s
 *   q_s(x_s)     0.35 Σ_k a_s(k) over its sentences k, a_s(k) ~ N(0, 1)
 *   f            Σ_s w_s q_s + ½ q_a q_b, w_s = 2 for the two culprits a and b, 0.1 for the others
 *   y            σ(f + b_e) + ε, a judge's mark held within [0, 1]; b_e ~ N(0, 2²), ε ~ N(0, 0.15²)
 *
 * The start has the culprits at the fourth worst of 20 draws, the others in the middle. Four proposers change a
 * sentence of one stage. `blind` replaces it by any other, at one call. `careful` takes the best of three, as far as it
 * sees (a_s with noise of deviation 0.5), at one and a half. `lavish` takes the best of four, as it sees, at six calls.
 * `timid` swaps two sentences, which changes nothing, at half a call.
 *
 * @module
 */
import { createRandom, type Random } from '../../numerics/random/index.ts'
import { logistic } from '../../numerics/special/logistic.ts'
import type { GenerativeLandscape, LandscapePrompt } from './generative-landscape.ts'
import { SENTENCES } from './sentences.ts'

export const LANDSCAPE_STAGES = ['plan', 'search', 'read', 'write', 'check'] as const

type StageName = (typeof LANDSCAPE_STAGES)[number]

const LENGTH = 8
/** Deviation of a judge's marks. */
const JUDGE = 0.15
const CULPRIT = 2
const BYSTANDER = 0.1
const TOGETHER = 0.5
const START_DRAWS = 20
/** What a proposer that looks sees of a sentence's worth. */
const SIGHT = 0.5

/** By proposer: sentences it chooses from, and calls per draft. */
const PROPOSERS: Readonly<Record<string, { readonly choices: number; readonly calls: number }>> = {
  blind: { choices: 1, calls: 1 },
  careful: { choices: 3, calls: 1.5 },
  lavish: { choices: 4, calls: 6 },
  timid: { choices: 0, calls: 0.5 },
}

export const LANDSCAPE_PROPOSERS = Object.keys(PROPOSERS)

export interface StageLandscape extends GenerativeLandscape {
  readonly stages: readonly string[]
  /** The two stages to blame. */
  readonly culprits: readonly string[]
}

/** @param proposers Who may write. @defaultValue blind */
export function createStageLandscape(
  seed: number,
  { proposers = ['blind'], examples = 60 }: { readonly proposers?: readonly string[]; readonly examples?: number } = {},
): StageLandscape {
  const random = createRandom(seed).split('stages')
  const order = random.permutation(LANDSCAPE_STAGES.length)
  const culprits = [LANDSCAPE_STAGES[order[0]!]!, LANDSCAPE_STAGES[order[1]!]!]
  const worthSource = random.split('worth')
  const worth = Object.fromEntries(
    LANDSCAPE_STAGES.map((stage) => [stage, SENTENCES.map(() => worthSource.normal())]),
  ) as Record<StageName, number[]>
  const qualityOf = (stage: StageName, sentences: readonly number[]) =>
    0.35 * sentences.reduce((sum, sentence) => sum + worth[stage][sentence]!, 0)
  const easinessSource = random.split('easiness')
  const easiness = Float64Array.from({ length: examples }, () => 2 * easinessSource.normal())
  const outcomes = random.split('outcomes')
  const contents = new WeakMap<LandscapePrompt, Record<StageName, readonly number[]>>()

  const promptOf = (sentences: Record<StageName, readonly number[]>, parent?: number): LandscapePrompt => {
    const slots = Object.fromEntries(
      LANDSCAPE_STAGES.map((stage) => [stage, sentences[stage].map((index) => SENTENCES[index]!).join(' ')]),
    )
    const quality = (stage: string) => qualityOf(stage as StageName, sentences[stage as StageName])
    const alone = LANDSCAPE_STAGES.reduce(
      (sum, stage) => sum + (culprits.includes(stage) ? CULPRIT : BYSTANDER) * quality(stage),
      0,
    )
    const ability = alone + TOGETHER * quality(culprits[0]!) * quality(culprits[1]!)
    const text = Object.values(slots).join('\n\n')
    const prompt = { sentences: [], text, slots, ability, ...(parent === undefined ? {} : { parent }) }
    contents.set(prompt, sentences)
    return prompt
  }

  const drawing = random.split('start')
  const drawn = (stage: StageName) => {
    const draws = Array.from({ length: START_DRAWS }, () => [...drawing.permutation(SENTENCES.length)].slice(0, LENGTH))
    const sorted = draws.sort((a, b) => qualityOf(stage, a) - qualityOf(stage, b))
    return sorted[culprits.includes(stage) ? 3 : START_DRAWS / 2]!
  }
  const start = promptOf(
    Object.fromEntries(LANDSCAPE_STAGES.map((stage) => [stage, drawn(stage)])) as Record<StageName, number[]>,
  )
  const writing = random.split('writing')

  const childOf = (parents: readonly LandscapePrompt[], stage: StageName, proposer: string) => {
    const parent = writing.integer(parents.length)
    const sentences = contents.get(parents[parent]!)!
    return promptOf({ ...sentences, [stage]: rewritten(sentences[stage], worth[stage], proposer, writing) }, parent)
  }

  return {
    stages: LANDSCAPE_STAGES,
    culprits,
    examples,
    start,
    proposers: proposers.map((name) => ({ name, calls: (count) => count * PROPOSERS[name]!.calls })),
    children: async (parents, count, { slot, proposer = 'blind' } = {}) =>
      Array.from({ length: count }, () => {
        const stage = slot ?? LANDSCAPE_STAGES[writing.integer(LANDSCAPE_STAGES.length)]!
        return childOf(parents, stage as StageName, proposer)
      }),
    measure({ text, ability }, example) {
      const mark = logistic(ability + easiness[example]!) + JUDGE * outcomes.split(text).split(example).normal()
      return Math.min(1, Math.max(0, mark))
    },
    expectedScore: ({ ability }) => easiness.reduce((sum, b) => sum + logistic(ability + b), 0) / examples,
  }
}

function rewritten(sentences: readonly number[], worth: readonly number[], proposer: string, random: Random): number[] {
  const at = random.integer(sentences.length)
  const { choices } = PROPOSERS[proposer]!
  if (choices === 0) {
    const other = (at + 1) % sentences.length
    return sentences.with(at, sentences[other]!).with(other, sentences[at]!)
  }
  const unused = SENTENCES.map((_, index) => index).filter((index) => !sentences.includes(index))
  let best = unused[0]!
  let bestSeen = Number.NEGATIVE_INFINITY
  for (let k = 0; k < choices; k++) {
    const sentence = unused[random.integer(unused.length)]!
    const seen = worth[sentence]! + SIGHT * random.normal()
    if (seen > bestSeen) [best, bestSeen] = [sentence, seen]
  }
  return sentences.with(at, best)
}
