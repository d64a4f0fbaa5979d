import * as z from 'zod'
import type { Random } from '../../numerics/random/random.ts'
import { showValue } from '../../prompt/template.ts'
import { writeTurns } from '../../prompt/turns.ts'
import type { ProposerDefinition } from '../definition.ts'
import { joinPrompt } from '../demonstration-block.ts'
import { wordsOf } from '../gate/words.ts'
import type { Draft, Member, ProposalRequest } from '../proposer.ts'
import { parentAt, shuffled, teachingExamples } from '../selection.ts'
import { slotsOf, type TaskView } from '../task-view.ts'

const LONGEST_DEMONSTRATION = 1500

/**
 * Puts solved examples into a prompt. Labeled: with the right answer. Bootstrapped: with what the model itself answered where
 * that was right, its reasoning included (DSPy's BootstrapFewShot, arXiv 2310.03714). Chosen for different answers and
 * different words, or for difficulty; counted and ordered at random.
 */
export const demonstrations: ProposerDefinition = {
  name: 'demonstrations',
  summary: 'puts solved examples into a prompt (BootstrapFewShot, CAPO)',
  needsGenerator: false,
  options: z.strictObject({
    most: z.int().min(1).max(32).default(8).describe('Demonstrations in one prompt, at most.'),
  }),
  create({ options }) {
    const { most = 8 } = options as Record<string, number>
    return {
      calls: () => 0,
      async propose(request) {
        const drafts: Draft[] = []
        for (let turn = 0; turn < request.count; turn++) {
          const draft = demonstrate(parentAt(request, turn), request, most, turn)
          if (draft) drafts.push(draft)
        }
        return drafts
      },
    }
  },
}

function demonstrate(parent: Member, request: ProposalRequest, most: number, turn: number): Draft | undefined {
  const { task, random } = request
  const isKnown = (position: number) => task.canDemonstrate?.(task.examples[position]!) ?? true
  const candidates = teachingExamples(task, random, isKnown).filter(
    (position) => task.examples[position]!.expected !== undefined,
  )
  const bootstrapped = turn % 2 === 1 ? rightAnswers(parent) : new Map<number, string>()
  const open = differing([...new Set([...candidates, ...bootstrapped.keys()])], task)
  if (open.length === 0) return undefined
  const labels = task.answers.kind === 'labels' ? task.answers.labels.length : 0
  const counts = [...new Set([2, 3, 4, 6, labels, most])].filter(
    (count) => count > 0 && count <= Math.min(most, open.length),
  )
  const count = counts.length > 0 ? counts[random.integer(counts.length)]! : open.length
  const chosen = shuffled(chooseDiverse(open, count, request, random), random)
  const answers = chosen.map(
    (position) => bootstrapped.get(position) ?? showValue(task.examples[position]!.expected ?? ''),
  )
  const shown = chosen.map((position, index) => task.demonstrate(task.examples[position]!, answers[index]!))
  const short = shown.filter((text) => text.length <= LONGEST_DEMONSTRATION)
  if (short.length < shown.length || short.length === 0) return undefined
  const block = asTurns(chosen, answers, task) ?? asText(shown)
  return {
    slots: joinPrompt(slotsOf(parent.candidate, task), { demonstrations: block }, task),
    parents: [parent.index],
    proposer: 'demonstrations',
    hypothesis: `${count} ${bootstrapped.size > 0 ? 'answers of its own' : 'solved examples'} show what is wanted`,
    shows: chosen.toSorted((a, b) => a - b),
  }
}

/** One of those that look alike: earlier stages may have written the same for them, and then their answers teach nothing. */
function differing(positions: readonly number[], task: TaskView): number[] {
  const byText = new Map(
    positions.toReversed().map((position) => [task.ask(task.examples[position]!) ?? position, position] as const),
  )
  return [...byText.values()].toReversed()
}

/**
 * Each a message and its answer, as a chat format has them (so does DSPy): models follow them where they are lost on examples
 * within an instruction (docs/experiments.md).
 */
function asTurns(chosen: readonly number[], answers: readonly string[], task: TaskView): string | undefined {
  const turns = chosen.flatMap((position, index) => {
    const user = task.ask(task.examples[position]!)
    return user === undefined ? [] : [{ user, assistant: answers[index]! }]
  })
  return turns.length < chosen.length ? undefined : writeTurns(turns)
}

function asText(shown: readonly string[]): string {
  return shown.join(shown.some((text) => text.split('\n').length > 3) ? '\n\n' : '\n')
}

/** What the model itself answered where that was right and says more than the right answer: its way there. */
function rightAnswers({ outcomes }: Member): Map<number, string> {
  const right = outcomes.filter(({ score, output }) => score !== null && score >= 1 && (output ?? '').trim() !== '')
  return new Map(right.map(({ example, output }) => [example, output!.trim()]))
}

/** One after another, each as different in answer and words from those chosen before as can be. */
function chooseDiverse(
  open: readonly number[],
  count: number,
  { task, pool }: ProposalRequest,
  random: Random,
): number[] {
  const words = new Map(open.map((position) => [position, new Set(wordsOf(showValue(task.examples[position]!.input)))]))
  const answerOf = (position: number) => JSON.stringify(task.examples[position]!.expected ?? null)
  const difficulty = difficulties(pool)
  const prefersHard = random.uniform() < 0.5
  const chosen: number[] = []
  while (chosen.length < count) {
    let best: number | undefined
    let highest = Number.NEGATIVE_INFINITY
    for (const position of open) {
      if (chosen.includes(position)) continue
      const sameAnswer = chosen.filter((other) => answerOf(other) === answerOf(position)).length
      const nearest = Math.max(0, ...chosen.map((other) => overlap(words.get(other)!, words.get(position)!)))
      const hard = prefersHard ? (difficulty.get(position) ?? 0.5) : 0
      const value = -2 * sameAnswer - nearest + hard + random.uniform()
      if (value > highest) [best, highest] = [position, value]
    }
    chosen.push(best!)
  }
  return chosen
}

function difficulties(pool: readonly Member[]): Map<number, number> {
  const sums = new Map<number, [number, number]>()
  for (const { outcomes } of pool) {
    for (const { example, score } of outcomes) {
      if (score === null) continue
      const [sum, count] = sums.get(example) ?? [0, 0]
      sums.set(example, [sum + score, count + 1])
    }
  }
  return new Map([...sums].map(([example, [sum, count]]) => [example, 1 - sum / count]))
}

/** Jaccard similarity. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0
  for (const word of a) if (b.has(word)) both++
  return a.size + b.size === 0 ? 0 : both / (a.size + b.size - both)
}
