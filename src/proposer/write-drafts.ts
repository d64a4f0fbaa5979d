import { estimateTokens } from '../evaluation/estimate-tokens.ts'
import { candidateText } from '../prompt/candidate.ts'
import { clip } from './clip.ts'
import { joinPrompt, splitPrompt } from './demonstration-block.ts'
import { describeTask } from './describe.ts'
import { wordsOf } from './gate/words.ts'
import { builtInRuns, fillMetaPrompt, type MetaPrompt } from './meta-prompt.ts'
import { parsePrompts } from './parse-prompts.ts'
import type { Draft, Member, ProposalRequest } from './proposer.ts'
import { slotsOf } from './task-view.ts'

export interface WriteOptions {
  readonly proposer: string
  readonly metaPrompt: MetaPrompt
  /** What fills the meta-prompt beside `task`, `count` and `avoid`. */
  readonly values: Readonly<Record<string, string>>
  /** Its other slots and its demonstrations are kept. */
  readonly parent: Member
  /** Further prompts that were shown. */
  readonly others?: readonly Member[]
  readonly count: number
  /** Search examples that the generator is shown. */
  readonly shows?: readonly number[]
  /** Where the generator says no reason of its own. */
  readonly hypothesis?: string
  readonly temperature?: number
}

/** One question to the generator, and the prompts in its answer as children of the parent. */
export async function writeDrafts(request: ProposalRequest, options: WriteOptions): Promise<Draft[]> {
  const { proposer, metaPrompt, parent, others = [], count, shows = [] } = options
  const { task } = request
  const answer = await request.ask?.({
    prompt: fillMetaPrompt(metaPrompt, {
      ...options.values,
      task: describeTask(task),
      count: count === 1 ? 'one' : String(count),
      avoid: avoidText(request, proposer),
    }),
    temperature: options.temperature ?? 0.8,
    maxOutputTokens:
      REASON_TOKENS + count * tokensPerDraft(splitPrompt(slotsOf(parent.candidate, task), task).instruction),
  })
  if (answer === undefined) return []
  const slots = slotsOf(parent.candidate, task)
  const shown = [...new Set(shows)].sort((a, b) => a - b)
  // A generator that repeats how prompts were shown to it has written none.
  const texts = [parent, ...others].map(({ candidate }) => candidateText(candidate))
  const { source } = metaPrompt.template
  const own = new Set(texts.flatMap(tagsOf))
  const frame = tagsOf(source).filter((tag) => !own.has(tag))
  const headings = headingsOf(source).filter((heading) => !texts.some((text) => text.includes(heading)))
  const said = (text: string) => ` ${wordsOf(text).join(' ')} `
  const shownWords = texts.map(said)
  const foreign = builtInRuns().filter((run) => !shownWords.some((words) => words.includes(` ${run} `)))
  return parsePrompts(answer)
    .map((written) => ({ ...written, prompt: withoutHeadings(written.prompt, headings) }))
    .filter(({ prompt }) => !tagsOf(prompt).some((tag) => frame.includes(tag)))
    .filter(({ prompt }) => {
      const words = said(prompt)
      return !foreign.some((run) => words.includes(` ${run} `))
    })
    .slice(0, count)
    .map(({ prompt, hypothesis = options.hypothesis }) => ({
      slots: joinPrompt(slots, { instruction: prompt }, task),
      parents: [parent, ...others].map(({ index }) => index),
      proposer,
      metaPrompt: metaPrompt.id,
      ...(hypothesis === undefined ? {} : { hypothesis }),
      ...(shown.length > 0 ? { shows: shown } : {}),
    }))
}

/** Lines that stand above what a meta-prompt shows. */
const headingsOf = (source: string) => source.split('\n').filter((line) => line.endsWith(':') && !line.includes('{{'))

function withoutHeadings(prompt: string, headings: readonly string[]): string {
  const lines = prompt.split('\n')
  const first = lines.findIndex((line) => line.trim() !== '' && !headings.includes(line.trim()))
  return first < 0 ? '' : lines.slice(first).join('\n')
}

const tagsOf = (text: string) => text.match(/<\w[\w-]*>/g) ?? []

/** For the reasons that a generator gives, and what it wraps prompts in. */
const REASON_TOKENS = 120

/** Room for one prompt: half as long again as its parent, and some sentences more. Small models fill whatever they are given. */
function tokensPerDraft(instruction: string): number {
  return Math.min(2000, Math.round(90 + 1.5 * estimateTokens(instruction)))
}

/** What the gate said of an earlier answer; apart from the answers, or a small model writes it behind its prompts, too. */
function avoidText({ rejected = [] }: ProposalRequest, proposer: string): string {
  const own = rejected.filter((rejection) => rejection.proposer === proposer).slice(0, 3)
  if (own.length === 0) return ''
  const texts = own.map(({ text }) => `- ${clip(text.replace(/\s+/g, ' '), 120)}`)
  const reasons = new Set(own.map(({ message }) => message))
  return `Do not write these again:\n${texts.join('\n')}\nThey were refused: ${[...reasons].join('; ')}.`
}

/** Asks as often as the count needs, a few prompts at a time: more at once and small models repeat themselves. */
export async function inBatches(
  count: number,
  size: number,
  write: (count: number, turn: number) => Promise<readonly Draft[]>,
): Promise<Draft[]> {
  const drafts: Draft[] = []
  for (let turn = 0; turn * size < count; turn++)
    drafts.push(...(await write(Math.min(size, count - turn * size), turn)))
  return drafts
}

/** How many questions {@link inBatches} asks. */
export function batches(count: number, size: number): number {
  return Math.ceil(count / size)
}
