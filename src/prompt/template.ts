/**
 * Liquid-like templates with one construct: `{{name}}`. They are read once and filled in a single pass, so braces inside
 * a prompt or an example stay what they are: text. There is nothing to execute.
 *
 * A line that holds nothing but variables, all of them empty, is left out, so that a prompt without demonstrations does
 * not leave a hole. `{{'{{'}}` stands for two literal braces.
 *
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import { type Candidate, candidateText } from './candidate.ts'
import type { Example, JsonValue } from './example.ts'
import { splitTurns, type Turn } from './turns.ts'

export type TemplatePart = { readonly text: string } | { readonly variable: string }

/** A message of the model input. */
export interface TemplateText {
  readonly source: string
  /** The parts of each line, in order; lines are joined by `\n`. */
  readonly lines: readonly (readonly TemplatePart[])[]
}

interface TemplateTurn {
  readonly user: TemplateText
  readonly assistant: TemplateText
}

/** The user's message, and perhaps a system message before it. */
export interface Template extends TemplateText {
  readonly system?: TemplateText
  /** Of a nested template with a prompt in place: what is said before the user's message. */
  readonly turns?: readonly TemplateTurn[]
  /** Names used, each once, in order of first use; those of the system message first. */
  readonly variables: readonly string[]
  /** Whether prompts are templates themselves, and name what they want to know of an example. */
  readonly nested?: true
}

/** A rendered model input. `text.slice(0, prefixLength)` is the same for every example of one candidate. */
export interface RenderedInput {
  readonly text: string
  readonly prefixLength: number
  /** Absent where there is none, or nothing fills it. */
  readonly system?: string
  /** What was said before, where the prompt ends with turns. */
  readonly turns?: readonly Turn[]
}

const TAG = /\{\{([^{}]*?|'\{\{'|"\{\{")\}\}/g
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/**
 * @param system The system message, a template as well.
 * @throws InvalidInputError on braces that open nothing, or a name with anything but letters, digits, `_`, `.` and `-`.
 * @example
 * parseTemplate('{{instruction}}\nTicket: {{input}}').variables // ['instruction', 'input']
 * parseTemplate('{{input}}', '{{prompt}}').variables // ['prompt', 'input']
 */
export function parseTemplate(source: string, system?: string): Template {
  const variables = new Set<string>()
  const before = system === undefined ? {} : { system: parseText(system, variables) }
  return { ...parseText(source, variables), ...before, variables: [...variables] }
}

function parseText(source: string, variables: Set<string>): TemplateText {
  const lines = source.split('\n').map((line) => {
    const parts: TemplatePart[] = []
    let end = 0
    for (const match of line.matchAll(TAG)) {
      pushText(parts, line.slice(end, match.index), source)
      end = match.index + match[0].length
      const inner = match[1]!.trim()
      if (inner === "'{{'" || inner === '"{{"') parts.push({ text: '{{' })
      else if (NAME.test(inner)) {
        variables.add(inner)
        parts.push({ variable: inner })
      } else {
        throw new InvalidInputError(`template has ${match[0]}; expected a name between the braces`, {
          remedy:
            "Templates only fill in names, as in {{input}}: no filters, conditions or loops. {{'{{'}} writes two braces as they are.",
        })
      }
    }
    pushText(parts, line.slice(end), source)
    return parts
  })
  return { source, lines }
}

function pushText(parts: TemplatePart[], text: string, source: string): void {
  if (text.includes('{{') || text.includes('{%')) {
    const at = text.includes('{{') ? '{{' : '{%'
    throw new InvalidInputError(
      `template has ${at} that does not close as {{name}}: ${JSON.stringify(source.slice(0, 80))}`,
      {
        remedy: "Write {{name}}, or {{'{{'}} for literal braces. Tags such as {% if %} are not supported.",
      },
    )
  }
  if (text.length > 0) parts.push({ text })
}

/** Where a variable's value comes from, and whether it is the same for all examples. */
interface Lookup {
  readonly value: string
  readonly shared: boolean
  /** Of a text of the candidate, and only there: the turns it ends with, which are no part of the value. */
  readonly turns?: readonly Turn[]
}

/**
 * Fills a template for one candidate and one example.
 *
 * A name is looked up among the candidate's slots, then `prompt` and `text` (the whole candidate), its parameters, then
 * the example's `input` and further keys. A candidate that is only a text fills the template's first free name. Where a
 * prompt ends with {@link splitTurns turns}, what instructs stands in the first message of the user, and what shows an example
 * in each.
 *
 * @throws InvalidInputError when nothing fills a name.
 * @example
 * renderTemplate(parseTemplate('{{instruction}}\n{{input}}'), { id: 'a', text: 'Label it.' }, example).text // 'Label it.\nIt crashes.'
 */
export function renderTemplate(template: Template, candidate: Candidate, example: Example): RenderedInput {
  const values = new Map<string, Lookup>()
  const filled = template.nested ? composeTemplate(template, candidate, example) : template
  for (const name of filled.variables) {
    values.set(name, template.nested ? ofExample(candidate, example, name) : lookUp(template, candidate, example, name))
  }
  const system = filled.system && fillText(filled.system, values)
  const message = fillMessage(filled, values)
  if (!system || system.text.trim() === '') return message
  // What follows a system message of the example's own is shared by none.
  const isShared = system.prefixLength === system.text.length
  return { ...message, prefixLength: isShared ? message.prefixLength : 0, system: system.text }
}

/** The message of the user, with the turns before it. */
function fillMessage(template: Template, values: ReadonlyMap<string, Lookup>): RenderedInput {
  const turns = [
    ...[...values.values()].flatMap((value) => value.turns ?? []),
    ...(template.turns ?? []).map(({ user, assistant }) => ({
      user: fillText(user, values).text,
      assistant: fillText(assistant, values).text,
    })),
  ]
  const [first, ...others] = turns
  if (!first) return fillText(template, values)
  const parts = partTemplate(template, (name) => kindOf(values.get(name)!))
  if (!parts) return { ...fillText(template, values), turns }
  const instruction = fillText(parts.prompt, values).text
  const opening = instruction.trim() === '' ? first.user : `${instruction}${parts.gap}${first.user}`
  return { ...fillText(parts.example, values), turns: [{ ...first, user: opening }, ...others] }
}

/** Who fills a name. */
export type VariableKind = 'prompt' | 'parameter' | 'example'

interface TemplateParts {
  readonly prompt: TemplateText
  /** The line breaks between. */
  readonly gap: string
  readonly example: TemplateText
}

function kindOf({ shared, turns }: Lookup): VariableKind {
  if (!shared) return 'example'
  return turns ? 'prompt' : 'parameter'
}

/**
 * What of a template holds the prompt, and what of it, on the lines behind, shows an example; `undefined` where one cannot be
 * had without the other.
 */
export function partTemplate(
  { source, lines }: TemplateText,
  kindOf: (name: string) => VariableKind,
): TemplateParts | undefined {
  const has = (kind: VariableKind, part: TemplateText['lines']) =>
    part.some((line) => line.some((piece) => 'variable' in piece && kindOf(piece.variable) === kind))
  const last = lines.findLastIndex((line) => has('prompt', [line]))
  const start = lines.findIndex((line, index) => index > last && line.length > 0)
  if (start < 0 || has('example', lines.slice(0, last + 1)) || !has('example', lines.slice(start))) return undefined
  const part = (from: number, to?: number): TemplateText => ({
    source: source.split('\n').slice(from, to).join('\n'),
    lines: lines.slice(from, to),
  })
  return { prompt: part(0, last + 1), gap: '\n'.repeat(start - last), example: part(start) }
}

function fillText({ lines }: TemplateText, values: ReadonlyMap<string, Lookup>): RenderedInput {
  const pieces: { text: string; shared: boolean }[] = []
  for (const line of lines) {
    const onlyVariables = line.length > 0 && line.every((part) => 'variable' in part)
    const parts = line.map((part) =>
      'variable' in part ? values.get(part.variable)! : { value: part.text, shared: true },
    )
    if (onlyVariables && parts.every((part) => part.value.length === 0)) {
      // Whether the line is there at all depends on the example when one of its values does.
      if (parts.some((part) => !part.shared)) pieces.push({ text: '', shared: false })
      continue
    }
    if (pieces.some((piece) => piece.text.length > 0) || pieces.length > 0) pieces.push({ text: '\n', shared: true })
    for (const part of parts) pieces.push({ text: part.value, shared: part.shared })
  }
  const firstOwn = pieces.findIndex((piece) => !piece.shared)
  const prefix = (firstOwn < 0 ? pieces : pieces.slice(0, firstOwn)).map((piece) => piece.text).join('')
  return { text: pieces.map((piece) => piece.text).join(''), prefixLength: prefix.length }
}

/** Composed templates, kept as long as their template and candidate live. */
const composed = new WeakMap<Template, WeakMap<Candidate, Template>>()

/**
 * A nested template with a candidate's texts in place: what is left to fill are names of the example. A name in a value
 * of the example is never filled.
 *
 * @throws InvalidInputError when a text of the candidate is no template.
 * @example
 * const nested = { ...parseTemplate('{{prompt}}'), nested: true } as const
 * composeTemplate(nested, { id: 'a', text: 'Say {{input}}.' }, example).variables // ['input']
 */
export function composeTemplate(template: Template, candidate: Candidate, example: Example): Template {
  const known = composed.get(template) ?? new WeakMap<Candidate, Template>()
  composed.set(template, known)
  const found = known.get(candidate)
  if (found) return found
  const parts = new Map(
    template.variables.flatMap((name) => {
      const text = ofCandidate(template, candidate, example, name)
      return text === undefined ? [] : [[name, splitTurns(text)]]
    }),
  )
  const own = (name: string) => parts.get(name)?.text
  const whole = parseTemplate(composeText(template, own), template.system && composeText(template.system, own))
  const variables = new Set(whole.variables)
  const turns = [...parts.values()]
    .flatMap((part) => part.turns)
    .map(({ user, assistant }) => ({ user: parseText(user, variables), assistant: parseText(assistant, variables) }))
  const conversation = turns.length === 0 ? whole : { ...whole, turns, variables: [...variables] }
  known.set(candidate, conversation)
  return conversation
}

function composeText({ lines }: TemplateText, own: (name: string) => string | undefined): string {
  return lines
    .flatMap((line) => {
      const values = line.map((part) => ('variable' in part ? own(part.variable) : undefined))
      if (line.length > 0 && values.every((value) => value === '')) return []
      const texts = line.map((part, index) =>
        'variable' in part ? (values[index] ?? `{{${part.variable}}}`) : part.text.replaceAll('{{', "{{'{{'}}"),
      )
      return [texts.join('')]
    })
    .join('\n')
}

function lookUp(template: Template, candidate: Candidate, example: Example, name: string): Lookup {
  const own = ofCandidate(template, candidate, example, name)
  if (own !== undefined && isParameter(candidate, name)) return { value: own, shared: true }
  if (own !== undefined) {
    const { text, turns } = splitTurns(own)
    return { value: text, shared: true, turns }
  }
  // A text stands for a whole prompt: the template's other slots are then empty.
  const isShown = name === 'input' || Object.hasOwn(example.fields, name)
  if (!isShown && candidate.text !== undefined && candidate.slots === undefined)
    return { value: '', shared: true, turns: [] }
  return ofExample(candidate, example, name)
}

const isParameter = ({ slots, parameters }: Candidate, name: string) =>
  name !== 'prompt' &&
  name !== 'text' &&
  !(slots && Object.hasOwn(slots, name)) &&
  parameters !== undefined &&
  Object.hasOwn(parameters, name)

/** What a candidate has for a name; `undefined` when it has nothing. */
function ofCandidate(template: Template, candidate: Candidate, example: Example, name: string): string | undefined {
  const slot = candidate.slots && Object.hasOwn(candidate.slots, name) ? candidate.slots[name] : undefined
  if (slot !== undefined) return slot
  if (name === 'prompt' || name === 'text') return candidateText(candidate)
  if (candidate.parameters && Object.hasOwn(candidate.parameters, name)) return String(candidate.parameters[name])
  return candidate.text !== undefined && name === textVariable(template, example) ? candidate.text : undefined
}

function ofExample(candidate: Candidate, example: Example, name: string): Lookup {
  if (name === 'input') return { value: showValue(example.input), shared: false }
  if (Object.hasOwn(example.fields, name)) return { value: showValue(example.fields[name]!), shared: false }
  throw new InvalidInputError(`candidate ${candidate.id} has nothing for {{${name}}}`, {
    remedy: `Give it a slot "${name}", or take {{${name}}} out of the template.`,
  })
}

/** The name that a candidate given as one text fills: `prompt` or `text`, else the first that no example fills. */
export function textVariable(template: Template, example: Example): string | undefined {
  const own = template.variables.find((name) => name === 'prompt' || name === 'text')
  return own ?? template.variables.find((name) => name !== 'input' && !Object.hasOwn(example.fields, name))
}

/** Text as it is; anything else as JSON. */
export function showValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
