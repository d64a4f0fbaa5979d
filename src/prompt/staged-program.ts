/**
 * A program of several stages. Each fills a template of its own and asks a model. What came back is written under a
 * name that other stages may read.
 *
 * A candidate has a slot per stage, called as the stage is; what else of a stage may vary stands in slots called
 * `stage.slot`. In a stage's own template they are `{{prompt}}` and `{{slot}}`.
 *
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import type { ParameterCondition, ParameterValue } from '../space/parameter.ts'
import type { Candidate } from './candidate.ts'
import type { Example } from './example.ts'
import { type RenderedInput, renderTemplate, type Template } from './template.ts'

/** How a stage draws its answer; what is absent is as the task has it. */
export interface StageSampling {
  readonly temperature: number
  readonly topP?: number
  readonly maxOutputTokens: number
  readonly stop?: readonly string[]
}

export interface ProgramStage {
  readonly name: string
  readonly template: Template
  /** Its slots in a candidate: its own name for `{{prompt}}`, `name.slot` for the others. */
  readonly slots: readonly string[]
  /** As written; absent where it is the task's. */
  readonly model?: string
  readonly sampling: StageSampling
  /** The name under which other stages read its output. */
  readonly writes: string
  /** Where a candidate's parameter has another value, the stage is passed by. */
  readonly when?: ParameterCondition
  /** Characters of an answer; a longer one is a failure. */
  readonly longest: number
}

/** Where a state leads: the first transition whose conditions all hold. */
export interface Transition {
  /** A state, or {@link END}. */
  readonly to: string
  readonly equals?: string
  readonly contains?: string
  readonly matches?: string
  readonly when?: ParameterCondition
}

export interface ProgramState {
  readonly name: string
  readonly stage: string
  /** How often it may be entered: a number, or the name of an integer parameter. @defaultValue as often as steps allow */
  readonly rounds?: number | string
  /** Empty: the program ends here. */
  readonly next: readonly Transition[]
}

export interface StagedProgram {
  /** In the order in which they are written. */
  readonly stages: readonly ProgramStage[]
  readonly start: readonly Transition[]
  readonly states: readonly ProgramState[]
  /** So many stages may run for one example; a program that takes more fails. */
  readonly maxSteps: number
  /** The output that is scored. */
  readonly output: string
}

/** The target of a transition that ends a program. */
export const END = 'end'

/**
 * The stage that a slot belongs to.
 *
 * @example
 * stageOfSlot('extract.demonstrations') // 'extract'
 */
export function stageOfSlot(slot: string): string {
  const dot = slot.indexOf('.')
  return dot < 0 ? slot : slot.slice(0, dot)
}

/** Every slot that a candidate of the program has. */
export function programSlots({ stages }: Pick<StagedProgram, 'stages'>): string[] {
  return stages.flatMap(({ slots }) => slots)
}

/** Parameters that decide which stages run, in which order and how often. */
export function decidingParameters({ stages, states, start }: StagedProgram): string[] {
  const conditions = [
    ...stages.map(({ when }) => when?.parameter),
    ...[...start, ...states.flatMap(({ next }) => next)].map(({ when }) => when?.parameter),
    ...states.map(({ rounds }) => (typeof rounds === 'string' ? rounds : undefined)),
  ]
  return [...new Set(conditions.filter((name) => name !== undefined))]
}

/** Whether a condition on parameters holds for a candidate; none always does. */
export function holds(condition: ParameterCondition | undefined, { parameters }: Candidate): boolean {
  return condition === undefined || condition.in.includes(parameters?.[condition.parameter] as ParameterValue)
}

/**
 * Fills the template of a stage. An output that is not written yet is empty.
 *
 * @param outputs What stages have written so far, by name.
 * @throws InvalidInputError when nothing fills a name.
 */
export function renderStage(
  stage: ProgramStage,
  candidate: Candidate,
  example: Example,
  outputs: Readonly<Record<string, string>>,
): RenderedInput {
  const slots: Record<string, string> = {}
  for (const slot of stage.slots) {
    const text = candidate.slots?.[slot] ?? (stage.slots.length === 1 ? candidate.text : undefined)
    if (text === undefined) {
      throw new InvalidInputError(`candidate ${candidate.id} has no slot ${slot}, which stage ${stage.name} needs`, {
        remedy: `Give it a slot "${slot}".`,
      })
    }
    slots[slot === stage.name ? 'prompt' : slot.slice(stage.name.length + 1)] = text
  }
  const fields = { ...example.fields, ...outputs }
  const { parameters } = candidate
  return renderTemplate(
    stage.template,
    { id: candidate.id, slots, ...(parameters ? { parameters } : {}) },
    { ...example, fields },
  )
}
