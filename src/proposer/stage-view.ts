import type { Trace } from '../history/trace.ts'
import type { Example } from '../prompt/example.ts'
import { type ProgramStage, type StagedProgram, stageOfSlot } from '../prompt/staged-program.ts'
import { parseTemplate, renderTemplate } from '../prompt/template.ts'
import { DEMONSTRATION_SLOT, type TaskView } from './task-view.ts'

/** What the stages of a program are, as far as its task says. */
export interface StagePlan {
  /** In the order in which they are written, those without slots, too. */
  readonly names: readonly string[]
  /** Those that a candidate has slots for. */
  readonly rewritable: readonly string[]
  /** The stages whose answer is scored. */
  readonly last: readonly string[]
  /** Of a task file; a TypeScript program keeps its own to itself. */
  readonly program?: StagedProgram
}

/**
 * The stages of a program: those of a task file; of a TypeScript program the slots of its prompts, unless they are parts of
 * one. `undefined` where there are not several.
 */
export function stagePlan(
  program: StagedProgram | undefined,
  slots: readonly string[] | undefined,
): StagePlan | undefined {
  if (program) {
    const names = program.stages.map(({ name }) => name)
    const rewritable = program.stages.filter((stage) => stage.slots.length > 0).map(({ name }) => name)
    const last = program.stages.filter(({ writes }) => writes === program.output).map(({ name }) => name)
    return rewritable.length > 1 ? { names, rewritable, last, program } : undefined
  }
  const names = [...new Set((slots ?? []).map(stageOfSlot))]
  if (names.length < 2 || names.some((name) => DEMONSTRATION_SLOT.test(name))) return undefined
  return { names, rewritable: names, last: names.slice(-1) }
}

/**
 * A task as a proposer that rewrites one of its stages sees it. That stage's slot is the one to write, and its answers
 * are answers. What the whole should answer is shown only where the stage's answer is what is scored.
 *
 * @param traces Runs of the program by example, to show what a later stage is given.
 */
export function stageView(
  view: TaskView,
  plan: StagePlan,
  stage: string,
  traces: ReadonlyMap<number, Trace> = new Map(),
): TaskView {
  const own = view.slots.filter((slot) => stageOfSlot(slot) === stage)
  const shots = own.find((slot) => DEMONSTRATION_SLOT.test(slot.slice(stage.length)))
  const main = own.find((slot) => slot === stage) ?? own.find((slot) => slot !== shots) ?? own[0] ?? view.mainSlot
  const isLast = plan.last.includes(stage)
  const about = `This is stage ${stage} of a program of several: ${plan.names.join(', ')}. Write the instruction of ${stage} alone.`
  const step = plan.program?.stages.find(({ name }) => name === stage)
  return {
    ...view,
    description: view.description === undefined ? about : `${view.description}\n${about}`,
    examples: isLast ? view.examples : view.examples.map(({ expected: _, ...example }) => example),
    answers: isLast ? view.answers : { kind: 'text' },
    mainSlot: main,
    demonstrationSlot: shots ?? main,
    isText: false,
    demonstrate: step && plan.program ? demonstrator(view, plan.program, step, traces) : view.demonstrate,
  }
}

/** The end of a stage's template, filled with an example and with what earlier stages answered, and an answer behind it. */
function demonstrator(
  view: TaskView,
  program: StagedProgram,
  { template, slots, name }: ProgramStage,
  traces: ReadonlyMap<number, Trace>,
): TaskView['demonstrate'] {
  const ofPrompt = new Set(slots.map((slot) => (slot === name ? 'prompt' : slot.slice(name.length + 1))))
  const lines = template.source.split('\n')
  const last = lines.findLastIndex((line) => parseTemplate(line).variables.some((variable) => ofPrompt.has(variable)))
  const tail = parseTemplate(
    lines
      .slice(last + 1)
      .join('\n')
      .trim(),
  )
  const writes = new Map(program.stages.map((stage) => [stage.name, stage.writes]))
  return (example, answer) => {
    const outputs: Record<string, string> = {}
    const trace = traces.get(view.examples.findIndex(({ id }) => id === example.id))
    for (const { stage, text } of trace?.calls ?? []) {
      if (stage === name) break
      const output = stage === undefined ? undefined : writes.get(stage)
      if (output !== undefined && text !== undefined) outputs[output] = text.trim()
    }
    const shown: Example = { ...example, fields: { ...example.fields, ...outputs } }
    const known = (variable: string) => variable === 'input' || Object.hasOwn(shown.fields, variable)
    if (tail.variables.length === 0 || !tail.variables.every(known)) return view.demonstrate(example, answer)
    const text = renderTemplate(tail, { id: 'demonstration', slots: {} }, shown).text.trimEnd()
    return /[:=>]$/.test(text) ? `${text} ${answer}` : `${text}\n${answer}`
  }
}
