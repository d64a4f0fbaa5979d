import { InvalidInputError } from '../errors.ts'
import { type Candidate, type CandidateOrigin, candidateText, isBlank } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import { composeTemplate, renderTemplate, type Template, textVariable } from '../prompt/template.ts'
import { slotNames } from '../proposer/task-view.ts'
import { isActive, type ParameterValue, type Space } from '../space/parameter.ts'
import { checkParameters, isWithin } from './check-parameters.ts'
import { combinations, crossParameters } from './cross-parameters.ts'
import type { Line } from './read-lines.ts'
import { type CheckedTaskInput, type PromptInput, promptSchema } from './schema.ts'

export interface Pool {
  readonly pool: readonly Candidate[]
  readonly baseline?: number
}

/**
 * Checks the prompts and finds or adds the baseline.
 *
 * @param template - absent for programs, which read slots themselves.
 * @throws InvalidInputError on an empty pool, repeated ids or texts, or slots that the template does not name.
 */
export function readPool(
  lines: readonly Line[],
  baseline: CheckedTaskInput['baseline'],
  template: Template | undefined,
  example: Example,
  where: { readonly prompts: string; readonly baseline: string; readonly isNamed: boolean },
  parameters: ParameterGrid = { space: {}, usual: {} },
): Pool {
  if (lines.length === 0 && (where.isNamed || baseline === undefined || isReference(baseline))) {
    throw new InvalidInputError('there are no prompts to choose from', {
      where: where.prompts,
      remedy: 'Add at least one line such as {"id": "a", "text": "Classify the ticket."}.',
    })
  }
  checkSize(lines.length, parameters.space, where.prompts)
  const pool: Candidate[] = []
  const written: Candidate[] = []
  const ids = new Map<string, string>()
  const texts = new Map<string, { where: string; index: number }>()
  const add = (candidate: Candidate, line: Line) => {
    const sameId = ids.get(candidate.id)
    if (sameId !== undefined) {
      throw new InvalidInputError(`prompt id ${JSON.stringify(candidate.id)} is used twice`, {
        where: line.where,
        remedy: `It also stands at ${sameId}; give each prompt its own id.`,
      })
    }
    const key = contentKey(candidate, template, example, line.where)
    const same = texts.get(key)
    if (same) {
      throw new InvalidInputError(`prompt ${JSON.stringify(candidate.id)} repeats another prompt's text`, {
        where: line.where,
        remedy: `It is the same as the one at ${same.where}; remove one of them.`,
      })
    }
    ids.set(candidate.id, line.where)
    texts.set(key, { where: line.where, index: pool.length })
    pool.push(candidate)
  }
  for (const [index, line] of lines.entries()) {
    const candidate = readCandidate(line, index)
    written.push(candidate)
    checkParameters(parameters.space, candidate, line.where)
    for (const variant of crossParameters(candidate, parameters.space)) add(variant, line)
  }
  if (baseline === undefined) return { pool }
  /** The baseline is what is in use now; with other values it is one prompt among the others. */
  const withBaseline = (candidate: Candidate): Pool => {
    const line = { where: where.baseline, value: candidate }
    const now = usualOf(candidate, parameters)
    for (const variant of [...crossParameters(candidate, parameters.space), now]) {
      if (!texts.has(contentKey(variant, template, example, where.baseline))) add(variant, line)
    }
    return { pool, baseline: texts.get(contentKey(now, template, example, where.baseline))!.index }
  }
  if (isReference(baseline)) {
    if (baseline.parameters) {
      throw new InvalidInputError(`baseline names prompt ${JSON.stringify(baseline.id)} and has parameters, too`, {
        where: where.baseline,
        remedy: 'The parameters are those of the prompt: take them out, or write the baseline itself.',
      })
    }
    const found = written.find((candidate) => candidate.id === baseline.id)
    if (found) return withBaseline(found)
    const variant = pool.findIndex((candidate) => candidate.id === baseline.id)
    if (variant >= 0) return { pool, baseline: variant }
    throw new InvalidInputError(`baseline names prompt ${JSON.stringify(baseline.id)}, which is not in the pool`, {
      where: where.baseline,
      remedy: 'Use the id of a prompt, or write the baseline itself.',
    })
  }
  const candidate = readBaseline(baseline, pool, template, example)
  if (isBlank(candidate)) {
    throw new InvalidInputError('baseline is empty', {
      where: where.baseline,
      remedy: 'Write the prompt in use now, such as baseline: "Classify the ticket.", or take the line out.',
    })
  }
  checkParameters(parameters.space, candidate, where.baseline)
  const id = freeId(typeof baseline === 'object' ? (baseline.id ?? 'baseline') : 'baseline', ids)
  return withBaseline({ ...candidate, id })
}

/** What the task's `parameters` make of every prompt. */
export interface ParameterGrid {
  readonly space: Space
  /** What applies where a prompt states nothing, as far as it is known: so the baseline runs now. */
  readonly usual: Readonly<Record<string, ParameterValue>>
}

/** More candidates than this are no search any more. */
const MOST_CROSSED = 2000

function checkSize(prompts: number, space: Space, where: string): void {
  const each = combinations(space)
  if (each === 1 || prompts * each <= MOST_CROSSED) return
  throw new InvalidInputError(
    `parameters (${Object.keys(space).join(', ')}) have ${each} combinations, which makes ${prompts * each} candidates of ${prompts} prompts; expected at most ${MOST_CROSSED}`,
    {
      where,
      remedy: 'Give a parameter fewer values, as in temperature: { categorical: [0, 0.7] }, or take one out.',
    },
  )
}

function usualOf(candidate: Candidate, { space, usual }: ParameterGrid): Candidate {
  const own: Record<string, ParameterValue> = {}
  for (const [name, parameter] of Object.entries(space)) {
    const value = candidate.parameters?.[name] ?? usual[name]
    if (value !== undefined && isActive(parameter, own) && isWithin(parameter, value)) own[name] = value
  }
  return Object.keys(own).length === 0 ? candidate : { ...candidate, parameters: own }
}

/** The id of a prompt of the pool, and nothing more. */
function isReference(
  baseline: NonNullable<CheckedTaskInput['baseline']>,
): baseline is { id: string; parameters?: Record<string, ParameterValue> | undefined } {
  return typeof baseline === 'object' && baseline.id !== undefined && baseline.text === undefined && !baseline.slots
}

function readCandidate(line: Line, index: number): Candidate {
  const checked = promptSchema.safeParse(line.value)
  if (!checked.success) throw promptError(line, checked.error.issues[0]?.message ?? 'not a prompt')
  const written: PromptInput = checked.data
  if (typeof written === 'string')
    return { id: String(index + 1), text: requireText(written, line), origin: { by: 'pool' } }
  const { id, text, slots, parameters, origin } = written
  if (text !== undefined && slots !== undefined)
    throw promptError(line, 'has both "text" and "slots"; expected one of them')
  if (text === undefined && slots === undefined) throw promptError(line, 'has neither "text" nor "slots"')
  if (slots && !Object.values(slots).some((slot) => slot.trim().length > 0))
    throw promptError(line, 'has only empty slots')
  return {
    id: id === undefined ? String(index + 1) : String(id),
    ...(text === undefined ? {} : { text: requireText(text, line) }),
    ...(slots === undefined ? {} : { slots }),
    ...(parameters === undefined ? {} : { parameters }),
    origin: originOf(origin),
  }
}

/** A word in a prompt file says where its author had the prompt from. */
function originOf(written: Exclude<PromptInput, string>['origin']): CandidateOrigin {
  if (typeof written === 'object') return written as CandidateOrigin
  return written === undefined || written === 'pool' ? { by: 'pool' } : { by: 'pool', name: written }
}

function requireText(text: string, line: Line): string {
  if (text.trim().length === 0) throw promptError(line, 'is empty')
  return text
}

function promptError(line: Line, problem: string): InvalidInputError {
  return new InvalidInputError(`prompt ${problem}: ${(JSON.stringify(line.value) ?? '').slice(0, 80)}`, {
    where: line.where,
    remedy: 'Write {"id": "a", "text": "…"} or {"id": "a", "slots": {"instruction": "…"}}.',
  })
}

/** A baseline given as one text takes the place of the pool's first prompt slot; the other slots stay empty. */
function readBaseline(
  baseline: NonNullable<CheckedTaskInput['baseline']>,
  pool: readonly Candidate[],
  template: Template | undefined,
  example: Example,
): Candidate {
  const parameters = typeof baseline === 'object' ? baseline.parameters : undefined
  const own = { origin: { by: 'baseline' }, ...(parameters ? { parameters } : {}) } as const
  const id = 'baseline'
  if (typeof baseline === 'object' && baseline.slots) return { id, slots: baseline.slots, ...own }
  const text = typeof baseline === 'string' ? baseline : (baseline.text ?? '')
  // Without a pool the template says which slots prompts will have.
  const names = pool[0] ? Object.keys(pool[0].slots ?? {}) : slotNames(template, { id, text }, example)
  if (names.length === 0 || (!pool[0] && names.length === 1)) return { id, text, ...own }
  const main = template?.variables.find((name) => names.includes(name)) ?? names[0]!
  if (template && textVariable(template, example) === 'prompt') return { id, text, ...own }
  return { id, slots: Object.fromEntries(names.map((name) => [name, name === main ? text : ''])), ...own }
}

/** What makes two prompts the same: the model input they lead to, and their parameters. */
function contentKey(candidate: Candidate, template: Template | undefined, example: Example, where: string): string {
  const parameters = JSON.stringify(Object.entries(candidate.parameters ?? {}).sort())
  if (!template) return `${JSON.stringify(candidate.slots ?? candidateText(candidate))}\n${parameters}`
  const unused = Object.keys(candidate.slots ?? {}).find(
    (name) =>
      !template.variables.includes(name) && !template.variables.some((other) => other === 'prompt' || other === 'text'),
  )
  if (unused !== undefined) {
    throw new InvalidInputError(
      `prompt ${JSON.stringify(candidate.id)} has a slot "${unused}" that the template does not name`,
      {
        where,
        remedy: `Put {{${unused}}} into the template, or take the slot out.`,
      },
    )
  }
  try {
    const { system, turns = [], text } = renderTemplate(template, candidate, example)
    if (!template.nested) return `${JSON.stringify([system, turns, text])}\n${parameters}`
    // Prompts that differ in the names they use may look the same for one example.
    const composed = composeTemplate(template, candidate, example)
    const said = composed.turns?.map(({ user, assistant }) => [user.source, assistant.source]) ?? []
    return `${JSON.stringify([composed.system?.source, said, composed.source])}\n${parameters}`
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(error.message, {
      where,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    })
  }
}

function freeId(wanted: string, taken: ReadonlyMap<string, string>): string {
  let id = wanted
  for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`
  return id
}
