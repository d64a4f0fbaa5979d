import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UnavailableError } from '../errors.ts'
import { createCostCounter, type RoleCost } from '../report/costs.ts'
import { loadReport } from '../report/load-report.ts'
import { readShown } from '../report/read-shown.ts'
import { DEFAULT_STORE } from '../store/default-store.ts'
import { storedAs } from '../store/load-study.ts'
import { isPostgres } from '../store/postgres/address.ts'
import type { Store } from '../store/store.ts'
import { writeWhole } from '../store/whole-file.ts'
import { createFold, type StudyFold, type StudyState } from '../study/state.ts'
import { packageVersion } from './version.ts'
import { EMPTY_STUDY } from './with-store.ts'

/** Where the report of a study goes unless the user says otherwise: beside the store, where that is a file. */
export function defaultReportPath(store: Store, study: string): string {
  const isFile = store.location !== 'memory:' && !isPostgres(store.location)
  const folder = isFile ? dirname(store.location) : '.krige'
  return join(folder, `${fileNameOf(study)}.html`)
}

/** Whether commands find a store without being told where. */
function isDefaultStore({ location }: Store): boolean {
  return location !== 'memory:' && resolve(location) === resolve(DEFAULT_STORE)
}

/** Bytes of a name that leave room for an ending on every file system. */
const LONGEST_NAME = 120

/**
 * The name of a study as that of a file. Where it is no such name, other characters are replaced and a hash is added,
 * so that no two names are one.
 */
function fileNameOf(study: string): string {
  const readable = study
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+|[.]+$/g, '')
  const isReserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(readable)
  if (readable === study && study !== '' && !isReserved && Buffer.byteLength(study) <= LONGEST_NAME) return study
  const hash = createHash('sha256').update(study).digest('hex').slice(0, 8)
  let start = isReserved ? 'study-' : ''
  for (const letter of readable) {
    if (Buffer.byteLength(start + letter) > LONGEST_NAME) break
    start += letter
  }
  return `${start || 'study'}-${hash}`
}

/** What is read of a study to report on it. */
interface StoredReport {
  readonly state: StudyState
  readonly startedAt: number
  readonly endedAt: number
  readonly costs: readonly RoleCost[]
}

/** @throws UnavailableError when there is nothing to report. */
export async function readReport(store: Store, study: string): Promise<StoredReport> {
  let fold: StudyFold | undefined
  let startedAt = 0
  let endedAt = 0
  const counter = createCostCounter()
  for await (const batches of store.read(study)) {
    for (const { at, events } of batches) {
      if (!fold) startedAt = at
      endedAt = at
      for (const event of events) {
        counter.add(event)
        if (fold) fold.apply(event)
        else fold = createFold(storedAs(study, event))
      }
    }
  }
  if (!fold) throw new UnavailableError(`study ${study} is empty; there is nothing to report`, { remedy: EMPTY_STUDY })
  return { state: fold.state, startedAt, endedAt, costs: counter.costs() }
}

/**
 * Writes the report of a stored study and returns its absolute path.
 *
 * @throws UnavailableError when there is nothing to report; and as {@link writeWhole}.
 */
export async function writeReport(store: Store, study: string, path: string): Promise<string> {
  const report = await readReport(store, study)
  const shown = await readShown(store, report.state)
  const { renderReport } = await loadReport()
  const text = renderReport({
    ...report,
    ...shown,
    version: packageVersion(),
    ...(isDefaultStore(store) ? {} : { store: store.location }),
  })
  const file = resolve(path)
  try {
    mkdirSync(dirname(file), { recursive: true })
  } catch {
    // What is wrong with the folder is said when the file is written.
  }
  writeWhole(file, text)
  return file
}
