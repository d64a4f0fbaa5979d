import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UnavailableError } from '../errors.ts'
import { renderReport } from '../report/render-report.ts'
import type { Store } from '../store/store.ts'
import { createFold, type StudyFold } from '../study/state.ts'

/** Where the report of a study goes unless the user says otherwise: beside the store. */
export function defaultReportPath(store: Store, study: string): string {
  const folder = store.location === 'memory:' ? '.krige' : dirname(store.location)
  return join(folder, `${study.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'study'}.html`)
}

/**
 * Writes the report of a stored study and returns its absolute path.
 *
 * @throws UnavailableError when the file cannot be written.
 */
export async function writeReport(store: Store, study: string, path: string, command?: string): Promise<string> {
  let fold: StudyFold | undefined
  let startedAt = 0
  let endedAt = 0
  for await (const batches of store.read(study)) {
    for (const { at, events } of batches) {
      if (!fold) startedAt = at
      endedAt = at
      for (const event of events) {
        if (fold) fold.apply(event)
        else fold = createFold(event)
      }
    }
  }
  if (!fold) throw new UnavailableError(`study ${study} is empty; there is nothing to report`)
  const text = renderReport({
    state: fold.state,
    startedAt,
    endedAt,
    version: packageVersion(),
    ...(command ? { command } : {}),
  })
  const file = resolve(path)
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.part`, text)
    renameSync(`${file}.part`, file)
  } catch (cause) {
    throw new UnavailableError(`cannot write ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      remedy: 'Name another file. The study itself is stored.',
    })
  }
  return file
}

export function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return manifest.version
}
