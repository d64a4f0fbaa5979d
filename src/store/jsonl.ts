/**
 * A study as JSON Lines, one line per event with the time it was stored, then one per trace, and back. Nothing is lost
 * either way.
 *
 * @module
 */
import { checkInput, objectWith, showValue } from '../check-input.ts'
import { CorruptError, InvalidArgumentError, InvalidInputError } from '../errors.ts'
import type { TraceRecord } from '../history/trace.ts'
import type { StudyEvent } from '../study/events.ts'
import { createFold, type StudyFold } from '../study/state.ts'
import type { Store, StoredBatch } from './store.ts'

/** Lines are written whole and in order, so a bad one means a damaged or edited file. */
const REMEDY = 'Export the study again (krige export --format jsonl), and import that file unchanged.'

/**
 * The lines of an export, in pieces.
 *
 * @example
 * let text = ''
 * for await (const piece of exportJsonLines(store, 'tickets')) text += piece
 * JSON.parse(text.split('\n')[0]!) // { type: 'created', … }
 */
export async function* exportJsonLines(store: Store, name: string): AsyncGenerator<string> {
  checkInput<unknown>(objectWith('read', 'traces'), store, 'store')
  for await (const batches of store.read(name)) {
    yield batches.flatMap(({ at, events }) => events.map((event) => `${JSON.stringify({ at, ...event })}\n`)).join('')
  }
  for await (const records of store.traces(name)) {
    yield records.map((record) => `${JSON.stringify({ type: 'trace', ...record })}\n`).join('')
  }
}

/**
 * Writes an export into a store under a name that is not taken. Every event is folded first, so that what is imported
 * can be opened.
 *
 * @param lines Text in pieces of any size. Lines without `at`, as `study.serialize()` writes them, get the present time.
 * @returns How many events were imported.
 * @throws CorruptError with the line number when a line is no event or contradicts the ones before it.
 * @example
 * await importJsonLines(store, 'copy', exportJsonLines(store, 'tickets')) // 2: events
 */
export async function importJsonLines(
  store: Store,
  name: string,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<number> {
  checkInput<unknown>(objectWith('find', 'acquire'), store, 'store')
  if (typeof lines !== 'object' || lines === null || !(Symbol.iterator in lines || Symbol.asyncIterator in lines)) {
    throw new InvalidArgumentError(
      `lines is ${showValue(lines)}; expected pieces of an export, as exportJsonLines gives`,
    )
  }
  if ((await store.find(name))?.length) {
    throw new InvalidInputError(`study ${JSON.stringify(name)} exists already`, { remedy: 'Choose another name.' })
  }
  const batches: { at: number; events: StudyEvent[] }[] = []
  const traces: TraceRecord[] = []
  const now = Date.now()
  let fold: StudyFold | undefined
  let number = 0
  for await (const line of splitLines(lines)) {
    number++
    if (line.trim() === '') continue
    const parsed = parseLine(line, number)
    if (parsed.type === 'trace') {
      if (!fold || !isTraceOf(parsed, fold))
        throw new CorruptError(`line ${number} is a trace of no result`, { remedy: REMEDY })
      const { type: _, ...record } = parsed
      traces.push(record)
      continue
    }
    const { at = now, ...event } = parsed
    try {
      if (fold) fold.apply(event)
      else fold = createFold(event)
    } catch (cause) {
      throw new CorruptError(`line ${number}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        remedy: REMEDY,
        cause,
      })
    }
    const latest = batches.at(-1)
    if (latest?.at === at && latest.events.length < 1000) latest.events.push(event)
    else batches.push({ at, events: [event] })
  }
  if (!fold) throw new CorruptError('the export is empty; expected one event per line')
  const lease = await store.acquire(name)
  try {
    for (const batch of batches satisfies StoredBatch[]) await lease.append(batch.events, [], batch.at)
    await lease.append([], traces)
  } finally {
    await lease.release()
  }
  return fold.state.length
}

/** A line that is no event. */
type TraceLine = TraceRecord & { readonly type: 'trace' }

function isTraceOf({ action, position, trace }: TraceLine, { state }: StudyFold): boolean {
  const known = Number.isInteger(action) && action > 0 && action <= state.lastAction
  return known && Number.isInteger(position) && position >= 0 && Array.isArray(trace?.calls)
}

function parseLine(line: string, number: number): (StudyEvent & { at?: number }) | TraceLine {
  try {
    const event: unknown = JSON.parse(line)
    if (typeof event === 'object' && event !== null && 'type' in event) return event as StudyEvent | TraceLine
  } catch {}
  throw new CorruptError(`line ${number} is no event: ${line.slice(0, 60)}`, { remedy: REMEDY })
}

async function* splitLines(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
