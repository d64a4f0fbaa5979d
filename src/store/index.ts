/**
 * Where studies are kept.
 *
 * @module
 */

export { DEFAULT_STORE } from './default-store.ts'
export { examineStudy, type Finding } from './doctor.ts'
export { exportJsonLines, importJsonLines } from './jsonl.ts'
export { loadStudy } from './load-study.ts'
export { createMemoryStore } from './memory-store.ts'
export { openStore } from './open-store.ts'
export { openSqliteStore } from './sqlite-store.ts'
export type { LeaseTiming, ReadOptions, Store, StoredBatch, StoredStudy, StudyLease, TraceQuery } from './store.ts'
