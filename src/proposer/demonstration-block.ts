/**
 * Where demonstrations stand in a prompt: in a slot of their own, or at the end of its only text. They are turns of a
 * conversation, or a text under a heading.
 *
 * @module
 */
import { showValue } from '../prompt/template.ts'
import { splitTurns, writeTurns } from '../prompt/turns.ts'
import type { TaskView } from './task-view.ts'

type Slots = Readonly<Record<string, string>>

export interface PromptParts {
  /** What the main slot says without demonstrations. */
  readonly instruction: string
  /** Empty where there are none. */
  readonly demonstrations: string
}

const HEADING = 'Examples:'
const BLOCK = `\n\n${HEADING}\n`
/** A shorter input may stand in a text by chance. */
const TELLING = 12

/**
 * Takes the demonstrations out of a prompt.
 *
 * @example
 * splitPrompt({ prompt: 'Label it.' }, view) // { instruction: 'Label it.', demonstrations: '' }
 */
export function splitPrompt(slots: Slots, task: Pick<TaskView, 'mainSlot' | 'demonstrationSlot'>): PromptParts {
  const main = slots[task.mainSlot] ?? ''
  if (task.demonstrationSlot === task.mainSlot) return splitText(main)
  const shown = slots[task.demonstrationSlot] ?? ''
  // Turns say the same in either slot.
  const { text: instruction, turns } = splitTurns(main)
  if (turns.length === 0) return { instruction, demonstrations: shown }
  const others = splitTurns(shown)
  const block = writeTurns([...turns, ...others.turns])!
  return { instruction, demonstrations: others.text === '' ? block : `${others.text}\n\n${block}` }
}

/** As {@link splitPrompt}, of one text. */
export function splitText(text: string): PromptParts {
  const at = text.indexOf(BLOCK)
  if (at < 0) {
    const { text: instruction, turns } = splitTurns(text)
    return { instruction, demonstrations: turns.length === 0 ? '' : writeTurns(turns)! }
  }
  return { instruction: text.slice(0, at), demonstrations: text.slice(at + BLOCK.length) }
}

/** A prompt with other parts; its further slots stay. */
export function joinPrompt(
  slots: Slots,
  parts: Partial<PromptParts>,
  task: Pick<TaskView, 'mainSlot' | 'demonstrationSlot'>,
): Record<string, string> {
  const { instruction, demonstrations } = { ...splitPrompt(slots, task), ...parts }
  if (task.demonstrationSlot !== task.mainSlot) {
    return { ...slots, [task.mainSlot]: instruction, [task.demonstrationSlot]: demonstrations }
  }
  const { text, turns } = splitTurns(demonstrations)
  const isBlock = turns.length > 0 && text === ''
  const behind = demonstrations === '' ? '' : `${isBlock ? '\n\n' : BLOCK}${demonstrations}`
  return { ...slots, [task.mainSlot]: `${instruction}${behind}` }
}

/** Positions of the search examples that demonstrations show. */
export function shownExamples(
  demonstrations: string,
  task: Pick<TaskView, 'examples' | 'demonstrate' | 'ask'>,
): number[] {
  if (demonstrations === '') return []
  const asked = new Set(splitTurns(demonstrations).turns.map(({ user }) => user))
  return task.examples.flatMap((example, position) => {
    const input = showValue(example.input)
    const shown =
      asked.has(task.ask(example) ?? input) ||
      demonstrations.includes(task.demonstrate(example, '').trimEnd()) ||
      (input.length >= TELLING && demonstrations.includes(input))
    return shown ? [position] : []
  })
}
