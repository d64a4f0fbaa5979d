/**
 * How a task, an outcome and a history are put before a generator: short, because small models lose the thread.
 *
 * @module
 */
import { showValue } from '../prompt/template.ts'
import { describeAnswers } from './answer-form.ts'
import { clip } from './clip.ts'
import { splitPrompt } from './demonstration-block.ts'
import type { MeasuredExample, Member } from './proposer.ts'
import { slotsOf, type TaskView } from './task-view.ts'

const LONGEST_INPUT = 500
const LONGEST_OUTPUT = 300

/** What the task is, what an answer looks like, and what must stay. */
export function describeTask(task: TaskView): string {
  const parts = [
    task.description === undefined ? '' : `Task: ${task.description}`,
    describeAnswers(task.answers),
    task.preserve.length === 0 ? '' : `Keep these texts word for word: ${task.preserve.join(' ')}`,
  ]
  return parts.filter((part) => part !== '').join('\n') || 'You improve instructions for a language model.'
}

/** The instruction of a prompt, without its demonstrations. */
export function instructionOf({ candidate }: Pick<Member, 'candidate'>, task: TaskView): string {
  return splitPrompt(slotsOf(candidate, task), task).instruction
}

/** An outcome with what was asked, answered, expected, and said of it. */
export function describeOutcome(outcome: MeasuredExample, task: TaskView): string {
  const example = task.examples[outcome.example]!
  const said = (outcome.feedback ?? []).map(({ text }) => `Remark: ${clip(text, LONGEST_OUTPUT)}`)
  return [
    `Input: ${clip(showValue(example.input), LONGEST_INPUT)}`,
    ...(outcome.output === undefined
      ? []
      : [`Answer given: ${clip(outcome.output.trim() || '(empty)', LONGEST_OUTPUT)}`]),
    ...(example.expected === undefined ? [] : [`Right answer: ${clip(showValue(example.expected), LONGEST_OUTPUT)}`]),
    ...said.slice(0, 2),
  ].join('\n')
}

/** Inputs with their right answers. */
export function describeExamples(positions: readonly number[], task: TaskView): string {
  return positions.map((example) => describeOutcome({ example, score: null }, task)).join('\n\n')
}

/** Prompts in ascending order of their posterior means. */
export function describeHistory(members: readonly Member[], task: TaskView): string {
  return members
    .filter((member) => member.mean !== undefined)
    .toSorted((a, b) => a.mean! - b.mean!)
    .map((member) => `Score ${Math.round(100 * member.mean!)}:\n${clip(instructionOf(member, task), 800)}`)
    .join('\n\n')
}
