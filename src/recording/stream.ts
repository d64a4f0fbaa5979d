/**
 * Proposal streams, format `stream/1`. They hold the prompts of a real optimizer's run in the order in which it first
 * measured them, with every outcome it paid for. `-` is a cell that the run never measured; what it would have given is
 * unknown.
 *
 * @module
 */
import * as z from 'zod'
import { InvalidInputError } from '../errors.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { tableNameOf } from './load-table.ts'
import { documentPath, readDocument } from './read-document.ts'
import { recordedPrompt } from './table-schema.ts'

const row = z.union(
  [z.string().regex(/^[01-]*$/, 'expected only 0, 1 and -'), z.array(z.number().min(0).max(1).nullable())],
  { error: 'expected a string of 0, 1 and -, or an array of numbers in [0,1] or null' },
)

/** A stream as written. Unknown keys pass: a recorder may write more than a replay needs. */
export const streamSchema = z.object({
  format: z.literal('stream/1'),
  task: z.string().min(1),
  model: z.string().min(1),
  examples: z.int().positive(),
  prompts: z.array(recordedPrompt).min(1),
  scores: z.array(row),
})

/** A checked stream. */
export interface Stream {
  /** File name without directory and extension. */
  readonly name: string
  readonly task: string
  readonly model: string
  readonly examples: number
  /** In order of arrival. */
  readonly prompts: readonly Candidate[]
  /** prompts × examples, row-major; NaN where the run measured nothing. */
  readonly scores: Float64Array
  /** How many cells the run measured. */
  readonly cells: number
}

/**
 * Reads a stream from JSON or `.json.gz`.
 *
 * @throws InvalidInputError naming the file and the path inside it.
 */
export async function loadStream(file: string): Promise<Stream> {
  const document = await readDocument(file, {
    what: 'the stream',
    remedy: 'Give the path of a stream/1 file (.json or .json.gz) or of a directory of them.',
  })
  return readStream(document, tableNameOf(file), file)
}

/**
 * Checks a parsed document and turns it into numbers.
 *
 * @param where Named in errors.
 * @throws InvalidInputError at the first thing that is wrong, with its path: `scores[3] has 99 cells; expected 100`.
 * @example
 * const prompts = [{ id: 'a', text: 'Bug or billing?' }]
 * readStream({ format: 'stream/1', task: 't', model: 'm', examples: 3, prompts, scores: ['01-'] }, 'run', 'run.json').cells // 2
 */
export function readStream(document: unknown, name: string, where: string): Stream {
  const parsed = streamSchema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new InvalidInputError(`${documentPath(issue.path)}: ${issue.message}`, {
      where,
      remedy: 'Expected a stream/1 document: {"format":"stream/1","task","model","examples","prompts","scores"}.',
    })
  }
  const { task, model, examples, prompts, scores: rows } = parsed.data
  const fail = (message: string): never => {
    throw new InvalidInputError(message, { where, remedy: 'Correct the stream, or restore the file.' })
  }
  if (rows.length !== prompts.length) {
    fail(`scores has ${rows.length} rows; expected ${prompts.length}, one per prompt`)
  }
  const seen = new Map<string, number>()
  const scores = new Float64Array(prompts.length * examples).fill(Number.NaN)
  let cells = 0
  rows.forEach((written, index) => {
    if (written.length !== examples) fail(`scores[${index}] has ${written.length} cells; expected ${examples}`)
    for (let example = 0; example < examples; example++) {
      const cell =
        typeof written === 'string' ? (written[example] === '-' ? null : Number(written[example])) : written[example]!
      if (cell === null) continue
      scores[index * examples + example] = cell
      cells++
    }
    const { id } = prompts[index]!
    const first = seen.get(id)
    if (first !== undefined) fail(`prompts[${index}].id is "${id}", as is prompts[${first}].id; expected distinct ids`)
    seen.set(id, index)
  })
  if (cells === 0) fail('scores hold no outcome; expected what the run measured')
  return {
    name,
    task,
    model,
    examples,
    prompts: prompts.map(({ id, text, slots }) => ({
      id,
      ...(text === undefined ? {} : { text }),
      ...(slots === undefined ? {} : { slots }),
    })),
    scores,
    cells,
  }
}

/** The score of a cell; NaN where the run did not measure it. */
export const outcomeOf = (stream: Stream, prompt: number, example: number): number =>
  stream.scores[prompt * stream.examples + example]!

/** Examples on which the run measured a prompt. */
export function measuredExamples(stream: Stream, prompt: number): readonly number[] {
  const measured: number[] = []
  for (let example = 0; example < stream.examples; example++) {
    if (!Number.isNaN(outcomeOf(stream, prompt, example))) measured.push(example)
  }
  return measured
}

/** Mean of all outcomes of every prompt; NaN where there is none. */
export function streamMeans(stream: Stream): Float64Array {
  return Float64Array.from(stream.prompts, (_, prompt) => {
    const measured = measuredExamples(stream, prompt)
    return measured.reduce((sum, example) => sum + outcomeOf(stream, prompt, example), 0) / measured.length
  })
}

/** What there is to match: the best mean among the prompts that the run measured most. */
export function bestMeasuredInFull(stream: Stream): number {
  const counts = stream.prompts.map((_, prompt) => measuredExamples(stream, prompt).length)
  const most = Math.max(...counts)
  const means = streamMeans(stream)
  return Math.max(...means.filter((_, prompt) => counts[prompt] === most))
}
