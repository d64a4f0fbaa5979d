import { isMap, parseDocument, stringify } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { templateMessages, type WrittenTemplate } from '../prompt/template-messages.ts'
import { messagesOf, splitTurns, type Turn } from '../prompt/turns.ts'
import type { Answer } from '../store/read-answers.ts'
import type { StudyState } from '../study/state.ts'
import { readTextFile } from '../task/source.ts'

/**
 * One row per prompt, in the order of the pool: text, estimate, what was measured. RFC 4180.
 *
 * @param answers Where they are kept: a last column with the answers of each prompt, as a JSON list.
 */
export function toCsv(state: StudyState, answers: readonly Answer[] = []): string {
  const { candidates, observations, conclusion } = state
  const tallies = candidates.map(() => ({ scored: 0, sum: 0, failed: 0 }))
  for (let at = 0; at < observations.length; at++) {
    const tally = tallies[observations.candidate(at)]!
    const score = observations.score(at)
    if (Number.isNaN(score)) tally.failed += observations.count(at)
    else {
      tally.scored += observations.count(at)
      tally.sum += state.turned(score) * observations.count(at)
    }
  }
  const byPrompt = Map.groupBy(
    answers.map(({ calls: _, ...answer }) => answer),
    ({ prompt }) => prompt,
  )
  const hasParameters = candidates.some(({ parameters }) => parameters !== undefined)
  const rows = candidates.map((candidate, index) => {
    const { scored, sum, failed } = tallies[index]!
    return [
      textCell(candidate.id),
      textCell(candidateText(candidate)),
      conclusion ? String(conclusion.means[index] ?? '') : '',
      conclusion ? String(conclusion.standardDeviations[index] ?? '') : '',
      scored > 0 ? String(sum / scored) : '',
      String(scored),
      String(failed),
      conclusion?.winner.candidate === index ? 'yes' : '',
      ...(answers.length > 0 ? [textCell(JSON.stringify(byPrompt.get(candidate.id) ?? []))] : []),
      ...(hasParameters ? [textCell(JSON.stringify(candidate.parameters ?? {}))] : []),
    ].join(',')
  })
  const header = [
    'id,text,posterior_mean,posterior_standard_deviation,raw_mean,scored,failed,winner',
    ...(answers.length > 0 ? ['answers'] : []),
    ...(hasParameters ? ['parameters'] : []),
  ]
  return [header.join(','), ...rows, ''].join('\r\n')
}

/** What a spreadsheet runs as a formula, also after what it skips and in the full width of East Asian scripts. */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@|%＝＋－＠｜％−]|^[\t\r]/u

/** Quoted; and what a spreadsheet would run as a formula is made text. */
function textCell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return `"${harmless.replaceAll('"', '""')}"`
}

function fieldsOf(name: string, candidate: Candidate, template: WrittenTemplate | undefined): Record<string, unknown> {
  const { instruction, turns } = partsOf(candidate)
  return {
    study: name,
    id: candidate.id,
    text: candidateText(candidate),
    // A chat needs them apart.
    ...(turns.length > 0 ? { instruction, turns } : {}),
    ...(candidate.slots ? { slots: candidate.slots } : {}),
    ...(candidate.parameters ? { parameters: candidate.parameters } : {}),
    ...(template ? { messages: templateMessages(template, candidate) } : {}),
  }
}

/** Turns stand at the end of any slot. */
export function partsOf(candidate: Candidate): { readonly instruction: string; readonly turns: readonly Turn[] } {
  const parts = (candidate.text === undefined ? Object.values(candidate.slots ?? {}) : [candidate.text]).map(splitTurns)
  const slots = Object.fromEntries(parts.map(({ text }, index) => [index, text]))
  return { instruction: candidateText({ id: '', slots }), turns: parts.flatMap(({ turns }) => turns) }
}

/** The winner as one JSON object, with the messages that a model was sent. */
export function toJson(name: string, candidate: Candidate, template?: WrittenTemplate): string {
  return `${JSON.stringify(fieldsOf(name, candidate, template), undefined, 2)}\n`
}

/** The winner as a module of its own. */
export function toTypeScript(name: string, candidate: Candidate, template?: WrittenTemplate): string {
  // U+2028 and U+2029 are legal in JSON and string literals, but editors stumble over them.
  const literal = JSON.stringify(fieldsOf(name, candidate, template), undefined, 2)
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
  return `/** The best prompt found by krige. */\nexport const prompt = ${literal} as const\n`
}

/** Slots that are called as the messages of a chat are, as promptfoo writes one. */
export function chatOf({ slots = {} }: Candidate): string | undefined {
  const { system, turns = '', user, ...others } = slots
  if (system === undefined || user === undefined || Object.keys(others).length > 0) return undefined
  const [first, between, last] = [system, turns, user].map(splitTurns)
  const messages = messagesOf({
    ...(first!.text.trim() === '' ? {} : { system: first!.text }),
    turns: [first!, between!, last!].flatMap((part) => part.turns),
    prompt: [between!.text, last!.text].filter((text) => text !== '').join('\n'),
  })
  return JSON.stringify(messages, undefined, 2)
}

/** What promptfoo calls `raw`: a text, or the messages of a chat in JSON. It fills `{{input}}` itself. */
export function rawPrompt(candidate: Candidate, template?: WrittenTemplate): string {
  // Prompts that came from promptfoo name their variables, in its own language.
  if (template === undefined || template.nested) return chatOf(candidate) ?? candidateText(candidate)
  const messages = templateMessages(template, candidate)
  return messages.length === 1 ? messages[0]!.content : JSON.stringify(messages, undefined, 2)
}

/**
 * The winner as the prompt of a promptfoo configuration: of one that exists, whose other keys and comments stay, or of a new
 * one.
 *
 * @throws InvalidInputError when the file is no configuration in YAML or JSON.
 */
export function toPromptfoo(candidate: Candidate, into?: string, template?: WrittenTemplate): string {
  const prompt = { id: candidate.id, label: `${candidate.id} (krige)`, raw: rawPrompt(candidate, template) }
  if (into === undefined) return stringify({ prompts: [prompt] }, { lineWidth: 0 })
  const document = parseDocument(readTextFile(into, 'configuration', '--into'))
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new InvalidInputError(`${into} is no promptfoo configuration in YAML or JSON`, {
      remedy: document.errors[0]?.message ?? 'It should hold keys such as prompts, providers and tests.',
    })
  }
  document.set('prompts', document.createNode([prompt]))
  return document.toString({ lineWidth: 0 })
}
