/**
 * Reads a program of several stages, and refuses one that could not run.
 *
 * @module
 */

import { InvalidInputError } from '../errors.ts'
import { type ModelSettings, readModel } from '../evaluation/models/model-specification.ts'
import type { Example } from '../prompt/example.ts'
import { END, type ProgramStage, programSlots, type StagedProgram } from '../prompt/staged-program.ts'
import { parseTemplate, type Template } from '../prompt/template.ts'
import type { Space } from '../space/parameter.ts'
import { checkFlow, checkOrder } from './check-flow.ts'
import { checkCondition, type Locate, readStates, transitionsOf } from './read-states.ts'
import type { CheckedTaskInput } from './schema.ts'
import type { StageInput } from './stage-schema.ts'

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
    const system = stage.system ?? written.system
    const { template, slots } = readTemplate(name, stage, system, { fields, outputs, space, examples }, where)
    checkCondition(stage.when, space, locate(['stages', name, 'when']))
    const [model, modelSettings] = stage.model === undefined ? [] : readModel(stage.model)
    if (modelSettings) settings[name] = modelSettings
    const sampling = { ...written.sampling, ...stage.sampling }
    const writes = stage.writes ?? name
    return {
      name,
      template,
      slots,
      ...(model === undefined ? {} : { model }),
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
  system: string | undefined,
  { fields, outputs, space, examples }: Names,
  where: string,
): { readonly template: Template; readonly slots: readonly string[] } {
  let template: Template
  try {
    template = parseTemplate(source, system)
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
