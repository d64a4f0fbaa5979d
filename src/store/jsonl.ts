/**
 * A study as JSON Lines, one event a line with the time it was stored, and back: nothing is lost either way.
 *
 * @module
 */
import { CorruptError, InvalidInputError } from '../errors.ts'
import type { StudyEvent } from '../study/events.ts'
import { createFold, type StudyFold } from '../study/state.ts'
import type { Store, StoredBatch } from './store.ts'

/**
 * The lines of an export, in pieces.
 *
 * @example
 * let text = ''
 * for await (const piece of exportJsonLines(store, 'tickets')) text += piece
 * JSON.parse(text.split('\n')[0]!) // { type: 'created', … }
 */
export async function* exportJsonLines(store: Store, name: string): AsyncGenerator<string> {
  for await (const batches of store.read(name)) {
    yield batches.flatMap(({ at, events }) => events.map((event) => `${JSON.stringify({ at, ...event })}\n`)).join('')
  }
}

/**
 * Writes an export into a store under a name that is not taken. Every event is folded first, so that what is imported
 * can be opened.
 *
 * @param lines Text in pieces of any size. Lines without `at`, as `study.serialise()` writes them, get the present time.
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
  if ((await store.find(name))?.length) {
    throw new InvalidInputError(`study ${JSON.stringify(name)} exists already`, { remedy: 'Choose another name.' })
  }
  const batches: { at: number; events: StudyEvent[] }[] = []
  const now = Date.now()
  let fold: StudyFold | undefined
  let number = 0
  for await (const line of splitLines(lines)) {
    number++
    if (line.trim() === '') continue
    const { at = now, ...event } = parseLine(line, number)
    try {
      if (fold) fold.apply(event)
      else fold = createFold(event)
    } catch (cause) {
      throw new CorruptError(`line ${number}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
    const latest = batches.at(-1)
    if (latest?.at === at && latest.events.length < 1000) latest.events.push(event)
    else batches.push({ at, events: [event] })
  }
  if (!fold) throw new CorruptError('the export is empty; expected one event a line')
  const lease = await store.acquire(name)
  try {
    for (const batch of batches satisfies StoredBatch[]) await lease.append(batch.events, batch.at)
  } finally {
    await lease.release()
  }
  return fold.state.length
}

function parseLine(line: string, number: number): StudyEvent & { at?: number } {
  try {
    const event: unknown = JSON.parse(line)
    if (typeof event === 'object' && event !== null && 'type' in event) return event as StudyEvent
  } catch {}
  throw new CorruptError(`line ${number} is no event: ${line.slice(0, 60)}`)
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
