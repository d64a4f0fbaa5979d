import { Worker } from 'node:worker_threads'
import { KrigeError } from '../../errors.ts'
import { benchBackend } from './bench-backend.ts'
import type { BenchRun } from './bench-results.ts'
import { runUnit, type Unit } from './table-unit.ts'
import type { WorkerReply, WorkerShared } from './table-worker.ts'
import { unpackError } from './thread-error.ts'

export interface RunUnitsOptions {
  /** Threads; 1 runs in this one. */
  readonly jobs: number
  readonly signal?: AbortSignal
  /** Called as each unit ends, in no fixed order. */
  readonly onRuns: (runs: readonly BenchRun[]) => void
}

/**
 * Runs units on `jobs` threads. What a unit gives does not depend on the thread or the order.
 *
 * @throws KrigeError `interrupted` when the signal aborts (finished units have been reported), else the first error
 * of a unit.
 */
export async function runUnits(units: readonly Unit[], shared: WorkerShared, options: RunUnitsOptions): Promise<void> {
  const jobs = Math.min(options.jobs, units.length)
  if (jobs <= 1) await runHere(units, shared, options)
  else await runOnThreads(units, shared, options, jobs)
}

async function runHere(units: readonly Unit[], shared: WorkerShared, options: RunUnitsOptions): Promise<void> {
  const backend = benchBackend()
  for (const unit of units) {
    // Lets signals, timers and progress through between units.
    await new Promise((resolve) => setImmediate(resolve))
    if (options.signal?.aborted) throw interrupted()
    const { tables, vectors } = shared
    options.onRuns(runUnit(unit, tables[unit.table]!, vectors[unit.table]!, shared.shared, backend))
  }
}

async function runOnThreads(
  units: readonly Unit[],
  shared: WorkerShared,
  options: RunUnitsOptions,
  jobs: number,
): Promise<void> {
  // The same file is TypeScript in a checkout and JavaScript in the package.
  const script = new URL(`./table-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  let next = 0
  const workers: Worker[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      let busy = jobs
      const stop = () => reject(interrupted())
      if (options.signal?.aborted) return stop()
      options.signal?.addEventListener('abort', stop, { once: true })
      for (let job = 0; job < jobs; job++) {
        const worker = new Worker(script, { workerData: shared })
        workers.push(worker)
        const feed = () => {
          const unit = units[next++]
          if (unit) worker.postMessage(unit)
          else if (--busy === 0) resolve()
        }
        worker.on('message', (reply: WorkerReply) => {
          if ('error' in reply) return reject(unpackError(reply.error))
          options.onRuns(reply.runs)
          feed()
        })
        worker.on('error', reject)
        feed()
      }
    })
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function interrupted(): KrigeError {
  return new KrigeError('interrupted', 'the benchmark was interrupted', {
    remedy: 'With --json FILE, the same command continues where it stopped.',
  })
}
