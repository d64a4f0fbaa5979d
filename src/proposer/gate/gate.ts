/**
 * What every draft passes before it joins a pool. What must be kept is kept, no slot is too long, no search example is
 * copied, an instruction is no input, and nothing is said twice.
 *
 * @module
 */
import { inputTokensOf } from '../../evaluation/estimate-tokens.ts'
import { dot } from '../../numerics/vector.ts'
import { type Candidate, candidateText } from '../../prompt/candidate.ts'
import { splitTurns } from '../../prompt/turns.ts'
import { shownExamples, splitPrompt, splitText } from '../demonstration-block.ts'
import type { Draft } from '../proposer.ts'
import { sentencesOf } from '../sentences.ts'
import { contentOf, DEMONSTRATION_SLOT, slotsOf, type TaskView } from '../task-view.ts'
import { createCopyDetector } from './copied-examples.ts'
import type { Rejection, RejectionReason } from './rejection.ts'
import { createInputDetector } from './task-inputs.ts'
import { templateTags } from './template-tags.ts'
import { wordsOf } from './words.ts'

export interface GateOptions {
  readonly task: TaskView
  /** What is in the pool already. */
  readonly pool: readonly Candidate[]
  /** Tokens that one slot may have. @defaultValue 600, or three times what the pool's longest has */
  readonly limit?: number
  /** Unit vectors of texts, for near-duplicates. @defaultValue texts alone are compared */
  readonly embed?: (texts: readonly string[]) => Promise<readonly Float64Array[]>
}

export interface Gate {
  /**
   * Sorts drafts, in their order. What is let in counts as pool from then on, and says which examples it shows, whether
   * its proposer said so or not.
   */
  sort(
    drafts: readonly Draft[],
  ): Promise<{ readonly passed: readonly Draft[]; readonly rejected: readonly Rejection[] }>
}

const SHORTEST_LIMIT = 600
/** Two instructions with a cosine as high say the same (ShinkaEvolve, arXiv 2509.19349, uses the same bound). */
const SAME_MEANING = 0.99
/** Of a sentence that is counted when it is said again: shorter ones are marks, such as those before an input. */
const FEWEST_WORDS = 4
const REFUSAL =
  /^\s*(i['’]?m sorry|sorry,|i (cannot|can['’]t|am unable|won['’]t)|as an ai\b|unfortunately, i\b|i apologi[sz]e)/i

/** Of what is sent: the marks between turns are not. */
function tokensOf(text: string): number {
  const { text: prompt, turns } = splitTurns(text)
  return inputTokensOf({ prompt, turns })
}

const partsOf = (name: string, text: string) =>
  DEMONSTRATION_SLOT.test(name) ? { instruction: '', demonstrations: text } : splitText(text)

/** Whether a sentence of several words stands in a text three times. */
function saysAgain(text: string): boolean {
  const counts = new Map<string, number>()
  for (const sentence of sentencesOf(text)) {
    const words = wordsOf(sentence)
    if (words.length < FEWEST_WORDS) continue
    const key = words.join(' ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values()) >= 3
}

/** An instruction's unit vector, with the demonstrations beside it. */
interface Meaning {
  readonly demonstrations: string
  readonly vector: Float64Array
}

/**
 * @example
 * const gate = createGate({ task: view, pool: [{ id: 'a', text: 'Label it.' }] })
 * const { rejected } = await gate.sort([{ slots: { prompt: 'label it' }, parents: [0], proposer: 'edit' }])
 * rejected[0]!.reason // 'duplicate'
 */
export function createGate({ task, pool, limit, embed }: GateOptions): Gate {
  const members = pool.map((candidate) => slotsOf(candidate, task))
  const longest = Math.max(0, ...members.flatMap((slots) => Object.values(slots).map(tokensOf)))
  const most = limit ?? Math.max(SHORTEST_LIMIT, 3 * longest)
  const copies = createCopyDetector(task.examples, [
    ...(task.description === undefined ? [] : [task.description]),
    ...(task.answers.kind === 'labels' ? task.answers.labels : []),
    ...pool.filter(({ origin }) => origin?.by !== 'proposer').map(candidateText),
  ])
  const labels = new Set(
    task.answers.kind === 'labels' ? task.answers.labels.map((label) => wordsOf(label).join(' ')) : [],
  )
  // Where a prompt of the task repeats itself, drafts may.
  const isRepetitive = members.some((slots) => saysAgain(splitPrompt(slots, task).instruction))
  // What nothing reads makes no difference.
  const keyOf = (slots: Readonly<Record<string, string>>, parameters: Candidate['parameters']) =>
    JSON.stringify([
      task.slots.map((name) => (task.isRead?.(name, parameters) === false ? '' : wordsOf(slots[name] ?? '').join(' '))),
      Object.entries(parameters ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    ])
  const keyOfDraft = ({ slots, parameters, parents }: Draft) =>
    keyOf(slots, parameters ?? pool[parents[0] ?? -1]?.parameters)
  const known = new Set(members.map((slots, index) => keyOf(slots, pool[index]!.parameters)))
  const vectors: Meaning[] = []
  const embedMain = async (all: readonly Readonly<Record<string, string>>[]) => {
    const parts = all.map((slots) => splitPrompt(slots, task))
    const found = all.length > 0 && embed ? await embed(parts.map(({ instruction }) => instruction || ' ')) : []
    return found.map((vector, index) => ({ vector, demonstrations: parts[index]!.demonstrations }))
  }
  /** What all slots say, those of other stages, too: a child keeps the demonstrations that its parents have there. */
  const saidBy = ({ slots, parents }: Draft) => {
    const main = splitPrompt(slots, task)
    const others = task.slots
      .filter((name) => name !== task.mainSlot && name !== task.demonstrationSlot)
      .map((name) => ({ name, ...partsOf(name, slots[name] ?? '') }))
    const elsewhere = others.filter((other) => other.demonstrations !== '')
    const demonstrations = [main, ...elsewhere].map((part) => part.demonstrations).join('\n')
    // Another stage may show examples in a form that cannot be read here.
    const inherited = elsewhere.flatMap(({ name }) =>
      parents
        .filter((parent) => members[parent]?.[name] === slots[name])
        .flatMap((parent) => pool[parent]?.shows ?? []),
    )
    return {
      instructions: [main, ...others].map(({ instruction }) => instruction).join('\n'),
      demonstrations,
      shows: [...shownExamples(demonstrations, task), ...inherited],
    }
  }
  let read = false
  let isInput: ((vector: Float64Array) => boolean) | undefined

  const faultOf = (draft: Draft): readonly [RejectionReason, string] | undefined => {
    const { slots } = draft
    const { instruction } = splitPrompt(slots, task)
    const text = task.slots.map((name) => slots[name] ?? '').join('\n')
    if (instruction.trim() === '' || REFUSAL.test(instruction)) return ['empty', 'it is no prompt']
    const lost = task.preserve.find((literal) => !text.includes(literal))
    if (lost !== undefined) return ['lost-text', `it must keep ${lost} word for word`]
    // What an example says is text; where prompts are templates, braces in it are written so that they stay text.
    const { instructions, demonstrations, shows } = saidBy(draft)
    const said = task.isNested ? text.replaceAll("{{'{{'}}", '') : instructions
    const open = task.isNested ? (/\{\{(?![^{}]*\}\})|\{%/.exec(said) ?? []) : []
    const syntax = [...templateTags(said), ...open].find((tag) => !task.preserve.includes(tag))
    if (syntax !== undefined) return ['template-syntax', `${syntax} stays unfilled; write text without braces`]
    for (const name of task.slots) {
      const tokens = tokensOf(slots[name] ?? '')
      if (tokens > most) return ['too-long', `${name} has some ${tokens} tokens; at most ${most} are allowed`]
    }
    const copied = copies.find(instructions).length > 0 || copies.find(demonstrations, shows).length > 0
    if (copied) return ['copied-example', 'it copies an example; say the rule instead']
    if (labels.has(wordsOf(instruction).join(' ')))
      return ['copied-example', 'it is one of the answers, no instruction']
    if (draft.metaPrompt !== undefined && !isRepetitive && saysAgain(instruction))
      return ['repetition', 'it says one thing over and over; say it once']
    if (known.has(keyOfDraft(draft))) return ['duplicate', 'it says what another prompt says already']
    return undefined
  }

  const faultOfMeaning = (mine: Meaning): readonly [RejectionReason, string] | undefined => {
    const isNear = ({ vector, demonstrations }: Meaning) =>
      demonstrations === mine.demonstrations && dot(vector, mine.vector) >= SAME_MEANING
    if (vectors.some(isNear)) return ['duplicate', 'it means what another prompt means']
    if (isInput?.(mine.vector))
      return ['task-input', 'it is one more input; write an instruction that holds for all of them']
    return undefined
  }

  return {
    async sort(drafts) {
      const passed: Draft[] = []
      const rejected: Rejection[] = []
      if (!read && embed && drafts.length > 0) {
        vectors.push(...(await embedMain(members)))
        read = true
      }
      // What no generator wrote is no input.
      if (!isInput && embed && drafts.some(({ metaPrompt }) => metaPrompt !== undefined)) {
        const given = pool.flatMap(({ origin }, index) => (origin?.by === 'proposer' ? [] : [vectors[index]!.vector]))
        isInput = await createInputDetector(task, given, embed)
      }
      const own = await embedMain(drafts.map(({ slots }) => slots))
      drafts.forEach((draft, index) => {
        const mine = own[index]
        const fault = faultOf(draft) ?? (draft.metaPrompt !== undefined && mine ? faultOfMeaning(mine) : undefined)
        if (fault) {
          const [reason, message] = fault
          const text = candidateText({ id: '', ...contentOf(draft.slots, task) }).slice(0, 300)
          rejected.push({ reason, message, text, proposer: draft.proposer, written: draft.metaPrompt !== undefined })
          return
        }
        known.add(keyOfDraft(draft))
        if (mine) vectors.push(mine)
        const shows = new Set([...(draft.shows ?? []), ...saidBy(draft).shows])
        const { shows: _, ...rest } = draft
        passed.push(shows.size > 0 ? { ...rest, shows: [...shows].sort((a, b) => a - b) } : rest)
      })
      return { passed, rejected }
    },
  }
}
