/**
 * What proposers know of a task, and how a prompt is taken apart into slots and put together again.
 *
 * @module
 */
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import {
  parseTemplate,
  partTemplate,
  renderTemplate,
  showValue,
  type Template,
  textVariable,
} from '../prompt/template.ts'
import type { Space } from '../space/parameter.ts'
import type { AnswerForm } from './answer-form.ts'

export interface TaskView {
  readonly description?: string
  /** Search examples, by position. */
  readonly examples: readonly Example[]
  /** What an answer looks like, as far as metric and examples tell. */
  readonly answers: AnswerForm
  /** The parts of a prompt that may vary, in the order of the template; never empty. */
  readonly slots: readonly string[]
  /** The slot that instructs: what generators rewrite. */
  readonly mainSlot: string
  /** The slot for demonstrations; the main one where there is no other. */
  readonly demonstrationSlot: string
  /** Whether prompts are plain texts, not slots. */
  readonly isText: boolean
  /** Whether prompts are templates themselves: braces in them mean a name. */
  readonly isNested?: true
  /** Literal texts that every prompt must keep. */
  readonly preserve: readonly string[]
  /** What may vary beside text. */
  readonly space?: Space
  /** Whether a slot is read at all, as a candidate's parameters are. @defaultValue every one is */
  isRead?(slot: string, parameters: Candidate['parameters']): boolean
  /** Whether what the prompt is shown of an example is known: other stages may write it. @defaultValue it is */
  canDemonstrate?(example: Example): boolean
  /** An example as a demonstration, with the answer given. */
  demonstrate(example: Example, answer: string): string
  /** The message that shows an example; `undefined` where the template shows none apart from the prompt. */
  ask(example: Example): string | undefined
}

export interface TaskViewOptions {
  readonly description?: string
  readonly template?: Template
  readonly examples: readonly Example[]
  readonly answers: AnswerForm
  readonly baseline: Candidate
  readonly preserve?: readonly string[]
  readonly space?: Space
}

export const DEMONSTRATION_SLOT = /demo|example|shot|\bturns\b/i

/**
 * Reads from the template and the baseline which slots a prompt has.
 *
 * @example
 * const template = parseTemplate('{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}}\nLabel:')
 * const baseline = { id: 'baseline', text: 'Classify the ticket.' }
 * createTaskView({ template, baseline, examples: [example], answers: { kind: 'text' } }).slots // ['instruction', 'demonstrations']
 */
export function createTaskView(options: TaskViewOptions): TaskView {
  const { template, baseline, examples, preserve = [] } = options
  const slots = slotNames(template, baseline, examples[0])
  const demonstrations = slots.find((name) => DEMONSTRATION_SLOT.test(name))
  const others = slots.filter((name) => name !== demonstrations)
  // A chat without a system message says what is wanted elsewhere.
  const mainSlot = others.find((name) => baseline.slots?.[name]?.trim()) ?? others[0] ?? slots[0]!
  return {
    ...(options.description === undefined ? {} : { description: options.description }),
    examples,
    answers: options.answers,
    slots,
    mainSlot,
    demonstrationSlot: demonstrations ?? mainSlot,
    isText: slots.length === 1 && baseline.slots === undefined,
    ...(template?.nested ? { isNested: true } : {}),
    preserve: [...preserve, ...(template?.nested ? namesKept(baseline) : [])],
    ...(options.space && Object.keys(options.space).length > 0 ? { space: options.space } : {}),
    ...demonstrator(template, slots, examples[0]),
  }
}

/** A text as a template shows it. */
const literal = (text: string) => text.replaceAll('{{', "{{'{{'}}")

/** Names of the parts of a prompt: what the template shows that no example fills; else the baseline's own. */
export function slotNames(template: Template | undefined, baseline: Candidate, example: Example | undefined): string[] {
  if (!template || !example) return Object.keys(baseline.slots ?? { prompt: '' })
  if (template.nested) return baseline.slots ? Object.keys(baseline.slots) : ['prompt']
  const parameters = Object.keys(baseline.parameters ?? {})
  const free = template.variables.filter(
    (name) => name !== 'input' && !Object.hasOwn(example.fields, name) && !parameters.includes(name),
  )
  // A template that shows the whole prompt leaves the slots to the prompts themselves.
  const whole = free.find((name) => name === 'prompt' || name === 'text')
  if (whole !== undefined) return baseline.slots ? Object.keys(baseline.slots) : [whole]
  return free.length > 0 ? free : [textVariable(template, example) ?? 'prompt']
}

function namesKept(baseline: Candidate): string[] {
  try {
    return parseTemplate(candidateText(baseline)).variables.map((name) => `{{${name}}}`)
  } catch {
    return []
  }
}

/** How the template shows an example: on the lines behind the prompt, or all of it where the prompt is a system message. */
function demonstrator(
  template: Template | undefined,
  slots: readonly string[],
  first: Example | undefined,
): Pick<TaskView, 'ask' | 'demonstrate'> {
  const isShown = (name: string) => name === 'input' || (first !== undefined && Object.hasOwn(first.fields, name))
  const parts =
    template && !template.nested
      ? partTemplate(template, (name) => {
          if (slots.includes(name) || name === 'prompt' || name === 'text') return 'prompt'
          return isShown(name) ? 'example' : 'parameter'
        })
      : undefined
  const form = parts && parseTemplate(parts.example.source)
  const { ask, demonstrate } = demonstrateBy(form?.variables.every(isShown) ? form : undefined)
  if (!template?.nested) return { ask, demonstrate }
  return { ask, demonstrate: (example, answer) => literal(demonstrate(example, answer)) }
}

/** @param form What shows an example, if anything does. */
export function demonstrateBy(form: Template | undefined): Pick<TaskView, 'ask' | 'demonstrate'> {
  const ask = (example: Example) => form && renderTemplate(form, { id: 'demonstration', slots: {} }, example).text
  return {
    ask,
    demonstrate(example, answer) {
      const shown = ask(example)?.trimEnd()
      // A bare input and an answer would run into one another.
      if (shown === undefined || form!.source.trim() === '{{input}}') {
        return `Input: ${showValue(example.input)}\nOutput: ${answer}`
      }
      return /[:=>]$/.test(shown) ? `${shown} ${answer}` : `${shown}\n${answer}`
    },
  }
}

/**
 * The slots of a prompt, every one of the task: a text stands in the main one.
 *
 * @example
 * slotsOf({ id: 'a', text: 'Label it.' }, { slots: ['prompt'], mainSlot: 'prompt' }) // { prompt: 'Label it.' }
 */
export function slotsOf(candidate: Candidate, task: Pick<TaskView, 'slots' | 'mainSlot'>): Record<string, string> {
  const given = candidate.slots ?? { [task.mainSlot]: candidate.text ?? '' }
  return Object.fromEntries(task.slots.map((name) => [name, given[name] ?? '']))
}

/** The opposite of {@link slotsOf}: what a candidate of the task holds. */
export function contentOf(
  slots: Readonly<Record<string, string>>,
  task: Pick<TaskView, 'isText' | 'mainSlot'>,
): Pick<Candidate, 'text' | 'slots'> {
  return task.isText ? { text: slots[task.mainSlot] ?? '' } : { slots }
}
