import { InvalidInputError } from '../errors.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import { composeTemplate, parseTemplate, type Template } from '../prompt/template.ts'
import type { Space } from '../space/parameter.ts'
import type { Line } from './read-lines.ts'
import { type CheckedTaskInput, promptSchema } from './schema.ts'

export function readTemplate(
  { template: written, system, promptVariables }: CheckedTaskInput,
  examples: readonly Example[],
  prompts: readonly Line[],
  locate: (path: readonly PropertyKey[]) => string,
): Template {
  const where = locate(['template'])
  if (system !== undefined) parseAt(locate(['system']), system)
  const parsed = parseAt(where, written ?? usualTemplate(system, promptVariables), system)
  const template: Template = promptVariables ? { ...parsed, nested: true } : parsed
  // Where prompts are templates themselves, only what they say names a key of the same name.
  const slots = new Set(template.nested ? prompts.flatMap(slotsOf) : [])
  const shown = template.variables.filter(
    (name) => !slots.has(name) && (name === 'input' || examples.some((example) => Object.hasOwn(example.fields, name))),
  )
  if (shown.length === 0 && !template.nested) {
    throw new InvalidInputError('template shows nothing of the example', {
      where,
      remedy: 'Put {{input}} where the example belongs.',
    })
  }
  if (shown.length === template.variables.length) {
    throw new InvalidInputError('template shows nothing of the prompt', {
      where,
      remedy: 'Put {{prompt}}, or the name of a slot such as {{instruction}}, where the prompt belongs.',
    })
  }
  for (const name of shown) {
    if (name === 'input') continue
    const lacking = examples.find((example) => !Object.hasOwn(example.fields, name))
    if (lacking) {
      throw new InvalidInputError(`template names {{${name}}}, which example ${lacking.id} does not have`, {
        where,
        remedy: `Give every example a "${name}", or take it out of the template.`,
      })
    }
  }
  return template
}

/** Names that stay empty in all that is sent: beside the whole prompt, where neither prompts nor examples have them. */
export function emptyNames(template: Template, pool: readonly Candidate[], examples: readonly Example[]): string[] {
  if (!template.variables.some((name) => name === 'prompt' || name === 'text')) return []
  const isFilled = (name: string) =>
    ['prompt', 'text', 'input'].includes(name) ||
    examples.some(({ fields }) => Object.hasOwn(fields, name)) ||
    pool.some(({ slots = {}, parameters = {} }) => Object.hasOwn(slots, name) || Object.hasOwn(parameters, name))
  return template.variables
    .filter((name) => !isFilled(name))
    .map(
      (name) =>
        `{{${name}}} is empty in all that is sent: no prompt has such a slot, and no example such a key; {{'{{'}} writes braces`,
    )
}

/** A parameter that the template shows and a prompt says nothing of. */
export function unstatedParameter(
  { variables }: Template,
  { slots = {}, parameters = {} }: Candidate,
  space: Space,
): string | undefined {
  const isUnstated = (name: string) => !Object.hasOwn(slots, name) && !Object.hasOwn(parameters, name)
  return variables.find((name) => Object.hasOwn(space, name) && space[name]!.when === undefined && isUnstated(name))
}

function slotsOf({ value }: Line): string[] {
  const prompt = promptSchema.safeParse(value).data
  return typeof prompt === 'object' ? Object.keys(prompt.slots ?? {}) : []
}

function parseAt(where: string, ...texts: Parameters<typeof parseTemplate>): Template {
  try {
    return parseTemplate(...texts)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(error.message, {
      where,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    })
  }
}

/** What the user's message is where nothing is written: what the system message leaves to it. */
function usualTemplate(system: string | undefined, promptVariables: boolean | undefined): string {
  const before = system === undefined ? [] : parseTemplate(system).variables
  if (before.includes('prompt') || before.includes('text')) return '{{input}}'
  return promptVariables ? '{{prompt}}' : '{{prompt}}\n\n{{input}}'
}

/** Where prompts name keys of examples, every example has them, and every prompt shows something of the example. */
export function checkVariables(
  template: Template,
  pool: readonly Candidate[],
  examples: readonly Example[],
  where: string,
): void {
  for (const candidate of pool) {
    const { variables } = composeTemplate(template, candidate, examples[0]!)
    const lacking = variables
      .filter((name) => name !== 'input')
      .map((name) => ({ name, example: examples.find((example) => !Object.hasOwn(example.fields, name)) }))
      .find(({ example }) => example !== undefined)
    if (lacking) {
      throw new InvalidInputError(
        `prompt ${candidate.id} names {{${lacking.name}}}, which example ${lacking.example!.id} does not have`,
        { where, remedy: `Give every example a "${lacking.name}", or take it out of the prompt.` },
      )
    }
    if (variables.length === 0) {
      throw new InvalidInputError(`prompt ${candidate.id} shows nothing of the example`, {
        where,
        remedy: 'Put {{input}} where the example belongs.',
      })
    }
  }
}
