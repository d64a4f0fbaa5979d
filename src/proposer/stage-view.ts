import type { Trace } from '../history/trace.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import { mostRuns } from '../prompt/program-flow.ts'
import { type ProgramStage, type StagedProgram, stageOfSlot } from '../prompt/staged-program.ts'
import { parseTemplate, partTemplate } from '../prompt/template.ts'
import { DEMONSTRATION_SLOT, demonstrateBy, type TaskView } from './task-view.ts'

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

/** Stages that may run for a candidate, of those that may be rewritten. Of a TypeScript program that is not known: all. */
export function runningStages({ rewritable, program }: StagePlan, candidate: Candidate): readonly string[] {
  if (!program) return rewritable
  const runs = mostRuns(program, candidate)
  return rewritable.filter((stage) => (runs.get(stage) ?? 0) > 0)
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
    isRead: (slot, parameters) =>
      runningStages(plan, { id: '', ...(parameters ? { parameters } : {}) }).includes(stageOfSlot(slot)),
    ...(step && plan.program ? demonstrator(view, plan.program, step, traces) : {}),
  }
}

/** As the task's, with what earlier stages answered for an example in place. */
function demonstrator(
  view: TaskView,
  program: StagedProgram,
  { template, slots, name }: ProgramStage,
  traces: ReadonlyMap<number, Trace>,
): Pick<TaskView, 'ask' | 'demonstrate' | 'canDemonstrate'> {
  const ofPrompt = new Set(slots.map((slot) => (slot === name ? 'prompt' : slot.slice(name.length + 1))))
  const parts = partTemplate(template, (variable) => (ofPrompt.has(variable) ? 'prompt' : 'example'))
  const form = parts && parseTemplate(parts.example.source)
  const writes = new Map(program.stages.map((stage) => [stage.name, stage.writes]))
  const outputNames = new Set(writes.values())
  const traceById = new Map([...traces].map(([position, trace]) => [view.examples[position]?.id, trace]))
  const filled = (example: Example): Example => {
    const trace = traceById.get(example.id)
    // What did not run wrote nothing.
    const outputs: Record<string, string> = trace ? Object.fromEntries([...outputNames].map((name) => [name, ''])) : {}
    for (const { stage, text } of trace?.calls ?? []) {
      if (stage === name) break
      const output = stage === undefined ? undefined : writes.get(stage)
      if (output !== undefined && text !== undefined) outputs[output] = text.trim()
    }
    return { ...example, fields: { ...example.fields, ...outputs } }
  }
  const formFor = (shown: Example) => {
    const known = (variable: string) => variable === 'input' || Object.hasOwn(shown.fields, variable)
    return demonstrateBy(form?.variables.every(known) ? form : undefined)
  }
  const readsOutputs = form?.variables.some((variable) => outputNames.has(variable)) ?? false
  return {
    canDemonstrate: (example) => !readsOutputs || traceById.has(example.id),
    ask: (example) => formFor(filled(example)).ask(filled(example)),
    demonstrate: (example, answer) => formFor(filled(example)).demonstrate(filled(example), answer),
  }
}
