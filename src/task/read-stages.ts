/**
 * Reads a program of several stages, and refuses one that could not run.
 *
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import { type ModelSettings, readModel } from '../evaluation/models/model-specification.ts'
import type { Example } from '../prompt/example.ts'
import { reachability } from '../prompt/program-flow.ts'
import {
  END,
  type ProgramStage,
  type ProgramState,
  programSlots,
  type StagedProgram,
  type Transition,
} from '../prompt/staged-program.ts'
import { parseTemplate, type Template } from '../prompt/template.ts'
import type { ParameterCondition, Space } from '../space/parameter.ts'
import type { CheckedTaskInput } from './schema.ts'
import type { StageInput, TransitionsInput } from './stage-schema.ts'

const DEFAULT_STEPS = 20
/** Enough for any answer that a later prompt should quote. */
const DEFAULT_LONGEST = 20_000
/** Of stages whose answer is not scored. */
const DEFAULT_STAGE_TOKENS = 256

const RESERVED = ['input', 'prompt', 'text', END]

export interface ReadProgram {
  readonly program: StagedProgram
  /** How to ask the models that stages name. */
  readonly modelSettings: Readonly<Record<string, ModelSettings>>
}

type Locate = (path: readonly PropertyKey[]) => string

/**
 * @param maxOutputTokens Of the stage whose output is scored, where nothing says so.
 * @throws InvalidInputError on a name that means nothing, an output that is read before it can be written, a state that is
 * never reached or never ends, and keys that do not go together.
 */
export function readStages(
  written: CheckedTaskInput,
  examples: readonly Example[],
  space: Space,
  maxOutputTokens: number,
  locate: Locate,
): ReadProgram | undefined {
  const { stages: stageInputs } = written
  const flowKeys = ['states', 'start', 'maxSteps', 'output'] as const
  if (!stageInputs) {
    const odd = flowKeys.find((key) => written[key] !== undefined)
    if (odd === undefined) return undefined
    throw new InvalidInputError(`${odd} needs stages`, { where: locate([odd]), remedy: 'Add stages, or take it out.' })
  }
  for (const key of ['template', 'evaluate', 'promptVariables'] as const) {
    if (written[key] === undefined) continue
    throw new InvalidInputError(`stages and ${key} do not go together`, {
      where: locate([key]),
      remedy: `Each stage has a template of its own: take ${key} out, or stages.`,
    })
  }
  const entries = Object.entries(stageInputs)
  if (entries.length === 0) {
    throw new InvalidInputError('stages is empty', {
      where: locate(['stages']),
      remedy: 'Add one, such as extract: { template: "{{prompt}}\\n{{input}}" }',
    })
  }
  const fields = new Set(['input', ...examples.flatMap((example) => Object.keys(example.fields))])
  const outputs = new Set(entries.map(([name, stage]) => stage.writes ?? name))
  for (const [name, { writes = name }] of entries) {
    for (const taken of [name, writes]) {
      if (!RESERVED.includes(taken) && !fields.has(taken) && !Object.hasOwn(space, taken)) continue
      const what = RESERVED.includes(taken)
        ? 'a word with a meaning of its own'
        : 'a parameter or key of an example, too'
      throw new InvalidInputError(`stage ${name} goes by ${JSON.stringify(taken)}, ${what}`, {
        where: locate(['stages', name]),
        remedy: 'Give it another name.',
      })
    }
  }
  const output = written.output ?? entries.at(-1)![1].writes ?? entries.at(-1)![0]
  if (!outputs.has(output)) {
    throw new InvalidInputError(`output is ${output}, which no stage writes`, {
      where: locate(['output']),
      remedy: `Written are ${[...outputs].join(', ')}.`,
    })
  }
  const settings: Record<string, ModelSettings> = {}
  const stages = entries.map(([name, stage]): ProgramStage => {
    const where = locate(['stages', name])
    const { template, slots } = readTemplate(name, stage, { fields, outputs, space, examples }, where)
    checkCondition(stage.when, space, locate(['stages', name, 'when']))
    const [model, modelSettings] = stage.model === undefined ? [] : readModel(stage.model)
    if (modelSettings) settings[name] = modelSettings
    const sampling = { ...written.sampling, ...stage.sampling }
    const writes = stage.writes ?? name
    const system = stage.system ?? written.system
    return {
      name,
      template,
      slots,
      ...(model === undefined ? {} : { model }),
      ...(system === undefined ? {} : { system }),
      sampling: {
        temperature: sampling.temperature ?? 0,
        maxOutputTokens: sampling.maxOutputTokens ?? (writes === output ? maxOutputTokens : DEFAULT_STAGE_TOKENS),
        ...(sampling.topP === undefined ? {} : { topP: sampling.topP }),
        ...(sampling.stop === undefined ? {} : { stop: sampling.stop }),
      },
      writes,
      ...(stage.when ? { when: stage.when } : {}),
      longest: stage.longest ?? DEFAULT_LONGEST,
    }
  })
  const states = readStates(written, stages, space, locate)
  const program: StagedProgram = {
    stages,
    states,
    start: transitionsOf(written.start ?? states[0]!.name, states, space, locate(['start'])),
    maxSteps: written.maxSteps ?? DEFAULT_STEPS,
    output,
  }
  if (written.states) checkFlow(program, locate)
  checkOrder(program, written.states !== undefined, locate)
  const shown = stages.flatMap(({ template }) => template.variables).some((name) => fields.has(name))
  if (!shown) {
    throw new InvalidInputError('no stage shows anything of the example', {
      where: locate(['stages']),
      remedy: 'Put {{input}} into the template of the first stage.',
    })
  }
  if (programSlots(program).length === 0) {
    throw new InvalidInputError('no stage shows anything of the prompt', {
      where: locate(['stages']),
      remedy: 'Put {{prompt}} into the template of each stage whose instruction may vary.',
    })
  }
  return { program, modelSettings: settings }
}

interface Names {
  readonly fields: ReadonlySet<string>
  readonly outputs: ReadonlySet<string>
  readonly space: Space
  readonly examples: readonly Example[]
}

function readTemplate(
  name: string,
  { template: source, slots: declared = [] }: StageInput,
  { fields, outputs, space, examples }: Names,
  where: string,
): { readonly template: Template; readonly slots: readonly string[] } {
  let template: Template
  try {
    template = parseTemplate(source)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`stage ${name}: ${error.message}`, {
      where,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    })
  }
  for (const slot of declared) {
    if (RESERVED.includes(slot) || fields.has(slot) || outputs.has(slot) || Object.hasOwn(space, slot)) {
      throw new InvalidInputError(`stage ${name} has a slot ${slot}, which means something else already`, {
        where,
        remedy: 'Give the slot another name; {{prompt}} needs no mention.',
      })
    }
    if (template.variables.includes(slot)) continue
    throw new InvalidInputError(`stage ${name} has a slot ${slot} that its template does not name`, {
      where,
      remedy: `Put {{${slot}}} into the template, or take the slot out.`,
    })
  }
  for (const variable of template.variables) {
    if (fields.has(variable)) {
      const lacking =
        variable === 'input' ? undefined : examples.find(({ fields: own }) => !Object.hasOwn(own, variable))
      if (!lacking) continue
      throw new InvalidInputError(`stage ${name} names {{${variable}}}, which example ${lacking.id} does not have`, {
        where,
        remedy: `Give every example a "${variable}", or take it out of the template.`,
      })
    }
    const isKnown =
      variable === 'prompt' || declared.includes(variable) || outputs.has(variable) || Object.hasOwn(space, variable)
    if (isKnown) continue
    const known = ['prompt', ...declared, ...fields, ...outputs, ...Object.keys(space)]
    throw new InvalidInputError(
      `stage ${name} names {{${variable}}}, which is no stage, no key of an example, no parameter and none of its slots`,
      { where, remedy: `Known are ${known.join(', ')}. Further slots are listed in the stage: slots: [${variable}]` },
    )
  }
  const prompt = template.variables.includes('prompt') ? [name] : []
  return { template, slots: [...prompt, ...declared.map((slot) => `${name}.${slot}`)] }
}

function readStates(
  written: CheckedTaskInput,
  stages: readonly ProgramStage[],
  space: Space,
  locate: Locate,
): ProgramState[] {
  if (!written.states) {
    if (written.start !== undefined) {
      throw new InvalidInputError('start needs states', {
        where: locate(['start']),
        remedy: 'Add states; without them stages run in the order in which they are written.',
      })
    }
    return stages.map(({ name }, index) => ({
      name,
      stage: name,
      next: stages[index + 1] ? [{ to: stages[index + 1]!.name }] : [],
    }))
  }
  const entries = Object.entries(written.states)
  if (entries.length === 0) {
    throw new InvalidInputError('states is empty', { where: locate(['states']), remedy: 'Take it out, or name one.' })
  }
  const names = entries.map(([name]) => ({ name }))
  const states = entries.map(([name, { stage = name, rounds, next }]): ProgramState => {
    const where = locate(['states', name])
    if (name === END) {
      throw new InvalidInputError(`a state is called ${END}, which ends the program`, { where, remedy: 'Rename it.' })
    }
    if (!stages.some((one) => one.name === stage)) {
      throw new InvalidInputError(`state ${name} runs ${stage}, which is no stage`, {
        where,
        remedy: `Stages are ${stages.map((one) => one.name).join(', ')}.`,
      })
    }
    if (typeof rounds === 'string') {
      const parameter = Object.hasOwn(space, rounds) ? space[rounds] : undefined
      if (parameter?.kind !== 'int' || parameter.low < 0) {
        throw new InvalidInputError(`state ${name} has rounds: ${rounds}, which is no integer parameter from 0 on`, {
          where,
          remedy: `Write a number, or add parameters: { ${rounds}: { int: [0, 3] } }`,
        })
      }
    }
    return {
      name,
      stage,
      ...(rounds === undefined ? {} : { rounds }),
      next: next === undefined ? [] : transitionsOf(next, names, space, where),
    }
  })
  const idle = stages.find(({ name }) => !states.some(({ stage }) => stage === name))
  if (idle) {
    throw new InvalidInputError(`stage ${idle.name} is run by no state`, {
      where: locate(['states']),
      remedy: `Add a state, such as ${idle.name}: { next: end }, or take the stage out.`,
    })
  }
  return states
}

function transitionsOf(
  written: TransitionsInput,
  states: readonly { readonly name: string }[],
  space: Space,
  where: string,
): Transition[] {
  const list = typeof written === 'string' ? [{ to: written }] : written
  return list.map((transition): Transition => {
    const { to, when, matches, equals, contains } = transition as Transition
    if (to !== END && !states.some(({ name }) => name === to)) {
      throw new InvalidInputError(`a transition leads to ${to}, which is no state`, {
        where,
        remedy: `States are ${states.map(({ name }) => name).join(', ')}; ${END} ends the program.`,
      })
    }
    checkCondition(when, space, where)
    if (matches !== undefined) {
      try {
        new RegExp(matches, 'i')
      } catch {
        throw new InvalidInputError(`matches is ${JSON.stringify(matches)}, which is no regular expression`, {
          where,
          remedy: 'Correct it, or use contains.',
        })
      }
    }
    return {
      to,
      ...(equals === undefined ? {} : { equals }),
      ...(contains === undefined ? {} : { contains }),
      ...(matches === undefined ? {} : { matches }),
      ...(when ? { when } : {}),
    }
  })
}

function checkCondition(when: ParameterCondition | undefined, space: Space, where: string): void {
  if (!when || Object.hasOwn(space, when.parameter)) return
  throw new InvalidInputError(`when names ${when.parameter}, which is no parameter of the task`, {
    where,
    remedy: `Add it: parameters: { ${when.parameter}: { categorical: [${when.in.map((value) => JSON.stringify(value)).join(', ')}, …] } }`,
  })
}

/** Every state is reached, and from every state there is a way to the end. */
function checkFlow({ states, start }: StagedProgram, locate: Locate): void {
  const reach = reachability(states)
  const first = start.map(({ to }) => to)
  const reached = new Set([...first, ...first.flatMap((name) => [...(reach.get(name) ?? [])])])
  const lost = states.find(({ name }) => !reached.has(name))
  if (lost) {
    throw new InvalidInputError(`state ${lost.name} is never reached`, {
      where: locate(['states', lost.name]),
      remedy: 'Have another state lead to it with next, or take it out.',
    })
  }
  const limited = new Set(states.filter(({ rounds }) => rounds !== undefined).map(({ name }) => name))
  const mayEnd = ({ next }: ProgramState) =>
    next.every(
      ({ to, equals, contains, matches, when }) => (limited.has(to) || equals) ?? contains ?? matches ?? when,
    ) || next.some(({ to }) => to === END)
  const ends = new Set(states.filter(mayEnd).map(({ name }) => name))
  const endless = states.filter(
    ({ name }) => !ends.has(name) && ![...reach.get(name)!].some((other) => ends.has(other)),
  )
  if (endless.length === 0) return
  throw new InvalidInputError(`${endless.map(({ name }) => name).join(', ')}: there is no way from here to the end`, {
    where: locate(['states', endless[0]!.name]),
    remedy: `Add a transition to ${END}, or limit a state of the circle with rounds: 3.`,
  })
}

/** No stage reads what can only be written after it. */
function checkOrder({ stages, states }: StagedProgram, isMachine: boolean, locate: Locate): void {
  const reach = reachability(states)
  const writers = (output: string) => stages.filter(({ writes }) => writes === output).map(({ name }) => name)
  const runs = (names: readonly string[]) => states.filter(({ stage }) => names.includes(stage))
  const outputs = new Set(stages.map(({ writes }) => writes))
  for (const { name, writes, template } of stages) {
    for (const variable of template.variables) {
      if (!outputs.has(variable)) continue
      const before = runs(writers(variable))
      const own = runs([name])
      if (before.some((writer) => own.some((reader) => reach.get(writer.name)!.has(reader.name)))) continue
      const back = stages.find(
        (stage) => stage.name !== name && stage.writes === variable && stage.template.variables.includes(writes),
      )
      const problem = back
        ? `stages ${name} and ${back.name} read each other's output, a circle`
        : `stage ${name} reads {{${variable}}}, which is written only after it`
      throw new InvalidInputError(problem, {
        where: locate(['stages', name]),
        remedy: isMachine
          ? 'Correct states, or take the name out of the template.'
          : 'Stages run in the order in which they are written: move it, or use states for a loop.',
      })
    }
  }
}
