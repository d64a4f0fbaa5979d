import { KrigeError } from '../errors.ts'
import { loadStudy } from './load-study.ts'
import type { Store } from './store.ts'

export interface Finding {
  /** `problem`: something is wrong. `note`: worth knowing, and taken care of by itself. */
  readonly level: 'problem' | 'note'
  readonly message: string
  readonly remedy?: string
}

/**
 * Checks a stored study: the storage, the log, the ledger.
 *
 * @throws InvalidInputError when there is no such study.
 * @example
 * const findings = await examineStudy(store, 'tickets')
 * findings.filter(({ level }) => level === 'problem') // []
 */
export async function examineStudy(store: Store, name: string): Promise<Finding[]> {
  const findings: Finding[] = (await store.check()).map((line) => ({
    level: 'problem',
    message: `storage: ${line}`,
    remedy: 'Restore the file from a backup or an export.',
  }))
  let fold: Awaited<ReturnType<typeof loadStudy>>
  try {
    fold = await loadStudy(store, name)
  } catch (error) {
    const finding = findingOf(error)
    if (!finding) throw error
    return [...findings, finding]
  }
  if (!fold) return [...findings, { level: 'note', message: 'the study is empty: it ended before its first event' }]
  const { state } = fold
  // What a prompt shows is missing from the start: no result.
  const shown = state.candidates.reduce((sum, { shows = [] }) => sum + shows.length, 0)
  const note = (message: string) => findings.push({ level: 'note', message })
  note(
    `${state.length} events, ${state.candidates.length} prompts, ${state.observations.length - shown} search and ${state.holdout.length} holdout results${state.comparisons.length + state.holdoutComparisons.length > 0 ? `, ${state.comparisons.length + state.holdoutComparisons.length} comparisons` : ''}`,
  )
  const inFlight = state.ledger.openCalls().size
  if (inFlight > 0) note(`${inFlight} calls were in flight when it stopped; a resume charges them at their worst case`)
  const open = state.pendingCount
  if (open > 0) note(`${open} cells wait for results; a resume measures them first`)
  note(state.conclusion ? `it is complete: ${state.conclusion.verdict}` : 'it is not complete; `krige run` resumes it')
  if (state.stopped !== undefined) note(`it was stopped by a failure: ${state.stopped}`)
  const { spent, limits, before, exceeded } = state.ledger
  for (const key of ['evaluations', 'calls'] as const) {
    if (spent[key] <= (limits[key] ?? Number.POSITIVE_INFINITY)) continue
    if (spent[key] <= before[key]) {
      note(`${key}: the limit was lowered to ${limits[key]} when ${before[key]} were spent, and none was since`)
    } else {
      findings.push({ level: 'problem', message: `${key}: spent ${spent[key]}, more than the limit of ${limits[key]}` })
    }
  }
  if (exceeded.inputTokens + exceeded.outputTokens > 0) {
    note(
      `the provider charged ${exceeded.inputTokens} input and ${exceeded.outputTokens} output tokens more than our worst case`,
    )
  }
  return [...findings, ...(await examineTraces(store, name))]
}

/** The texts behind results: one for each result that says so, none of them changed. */
async function examineTraces(store: Store, name: string): Promise<Finding[]> {
  const missing = new Set<string>()
  for await (const batches of store.read(name)) {
    for (const event of batches.flatMap(({ events }) => events)) {
      if (event.type === 'told' && event.traced) missing.add(`${event.action}/${event.position}`)
    }
  }
  const expected = missing.size
  try {
    for await (const records of store.traces(name)) {
      for (const { action, position } of records) missing.delete(`${action}/${position}`)
    }
  } catch (error) {
    const finding = findingOf(error)
    if (!finding) throw error
    return [finding]
  }
  if (missing.size === 0) return []
  return [
    {
      level: 'problem',
      message: `the answers behind ${missing.size} of ${expected} results are missing; the results themselves are whole`,
      remedy: 'Restore the study from a backup or an export to see them again. A run goes on without them.',
    },
  ]
}

/** Damage as a finding; `undefined` for any other error. */
export function findingOf(error: unknown): Finding | undefined {
  if (!KrigeError.isInstance(error) || error.code !== 'corrupt') return undefined
  const { message, remedy } = error
  return { level: 'problem', message, ...(remedy === undefined ? {} : { remedy }) }
}
