import type { AnswerForm } from '../answer-form.ts'
import type { ProposerDefinition } from '../definition.ts'
import { joinPrompt } from '../demonstration-block.ts'
import { instructionOf } from '../describe.ts'
import type { Draft } from '../proposer.ts'
import { parentAt, shuffled } from '../selection.ts'
import { slotsOf } from '../task-view.ts'

interface Addition {
  readonly before?: string
  readonly after?: string
  readonly hypothesis: string
}

/**
 * Says what an answer looks like: the labels, the keys, a number alone. The examples tell, no call is needed, and what a
 * plain prompt gets wrong is most often this.
 */
export const answerFormat: ProposerDefinition = {
  name: 'format',
  summary: 'says what an answer looks like, as the examples tell',
  needsGenerator: false,
  create: () => ({
    calls: () => 0,
    async propose(request) {
      const { task, random, parents, count } = request
      const drafts: Draft[] = []
      const additions = shuffled(additionsFor(task.answers), random)
      for (let turn = 0; drafts.length < count && turn < additions.length * parents.length; turn++) {
        const parent = parentAt(request, turn)
        const { before, after, hypothesis } = additions[Math.floor(turn / parents.length)]!
        const instruction = instructionOf(parent, task)
        if (saysAlready(instruction, before ?? after ?? '')) continue
        const text = [before, instruction.trim(), after].filter((part) => part !== undefined && part !== '').join('\n')
        drafts.push({
          slots: joinPrompt(slotsOf(parent.candidate, task), { instruction: text }, task),
          parents: [parent.index],
          proposer: 'format',
          hypothesis,
        })
      }
      return drafts
    },
  }),
}

function saysAlready(instruction: string, sentence: string): boolean {
  return instruction.toLowerCase().includes(sentence.toLowerCase())
}

function additionsFor(answers: AnswerForm): Addition[] {
  switch (answers.kind) {
    case 'labels': {
      const list = answers.labels.join(', ')
      const bullets = answers.labels.map((label) => `- ${label}`).join('\n')
      const hypothesis = 'the model does not know the labels'
      return [
        { after: `Answer with one of: ${list}.`, hypothesis },
        { before: `Possible labels: ${list}.`, hypothesis },
        { after: `Choose exactly one of these labels:\n${bullets}`, hypothesis },
        { after: `Labels: ${list}.\nReply with the label only, nothing else.`, hypothesis },
        { after: `The answer must be one word of this list: ${list}. Do not explain.`, hypothesis },
        { after: 'Reply with the label only, nothing else.', hypothesis: 'the model says more than the label' },
        {
          before: `You sort texts into these classes: ${list}.`,
          after: `Think about which class fits best, then answer with its name only.`,
          hypothesis,
        },
      ]
    }
    case 'number':
      return [
        { after: 'Answer with the number only.', hypothesis: 'the model says more than the number' },
        { after: 'Work step by step. End with the final number on a line of its own.', hypothesis: 'steps help' },
        {
          after: 'Show each step of the calculation, check it, then give the final number last.',
          hypothesis: 'steps help',
        },
        { after: "Let's think step by step.", hypothesis: 'steps help' },
        {
          after: 'Give the result as digits, without units or thousands separators.',
          hypothesis: 'the form of numbers',
        },
      ]
    case 'json': {
      const keys = answers.keys.map((key) => `"${key}"`).join(', ')
      const shape = `{${answers.keys.map((key) => `"${key}": …`).join(', ')}}`
      return [
        { after: `Answer with one JSON object with the keys ${keys}.`, hypothesis: 'the model does not know the keys' },
        { after: `Reply with JSON only, in this form: ${shape}`, hypothesis: 'the model does not know the form' },
        {
          after: `Return a JSON object with exactly these keys: ${keys}. Use null for what the text does not say. No other text.`,
          hypothesis: 'the model adds text or keys',
        },
      ]
    }
    case 'text':
      return [
        { after: 'Answer with the final answer only, without any explanation.', hypothesis: 'the model says too much' },
        { after: 'Think step by step, then give the final answer on the last line.', hypothesis: 'steps help' },
        { after: 'Be brief and exact.', hypothesis: 'the model says too much' },
        { after: 'Answer in the form that the task asks for, and add nothing.', hypothesis: 'the model says too much' },
      ]
  }
}
