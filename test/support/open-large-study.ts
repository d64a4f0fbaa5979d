/**
 * Run as a process of its own: opens a study and prints what that took, as JSON.
 *
 * @module
 */
import { loadStudy } from '../../src/store/load-study.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'

const before = process.cpuUsage()
const started = performance.now()
const store = openSqliteStore(process.argv[2]!)
const fold = await loadStudy(store, 'large')
const { user, system } = process.cpuUsage(before)
process.stdout.write(
  JSON.stringify({
    outcomes: fold?.state.observations.length,
    candidates: fold?.state.candidates.length,
    milliseconds: performance.now() - started,
    processorMilliseconds: (user + system) / 1000,
    megabytes: process.resourceUsage().maxRSS / 1024,
  }),
)
await store.close()
