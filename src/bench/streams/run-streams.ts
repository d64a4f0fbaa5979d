/**
 * `krige bench stream`: methods against proposal streams.
 *
 * @module
 */
import { KrigeError } from '../../errors.ts'
import type { PolicyContext } from '../../policy/policy.ts'
import { resolvePolicy } from '../../policy/registry.ts'
import type { PoolEntry } from '../../prompt/candidate.ts'
import type { Stream } from '../../recording/stream.ts'
import { deriveSeed } from '../tables/seeds.ts'
import { playStream } from './play-stream.ts'
import { predictStream, type StreamPredictions } from './predict-stream.ts'
import { PREDICTING_METHODS, STREAM_METHODS } from './stream-methods.ts'

export interface StreamRun {
  readonly stream: string
  readonly policy: string
  readonly repeat: number
  /** What the original run spent. */
  readonly cells: number
  readonly cellsSpent: number
  /** Null where the recommendation never was as good. */
  readonly cellsToMatch: number | null
  readonly matched: boolean
  /** Null for methods that predict nothing, and where there are too few prompts. */
  readonly rankCorrelation: number | null
  readonly coverage: number | null
}

export interface StreamBenchOptions {
  readonly streams: readonly { readonly stream: Stream; readonly entries: readonly PoolEntry[] }[]
  readonly policies: readonly string[]
  readonly repeats: number
  readonly seed: number
  readonly backend: PolicyContext['backend']
  readonly signal?: AbortSignal
  readonly onRun?: (run: StreamRun, done: number, total: number) => void
}

/**
 * Plays every method on every stream; repeats differ in the order of examples and in whatever a policy draws.
 *
 * @throws InvalidInputError for unknown policies; KrigeError `interrupted` when the signal aborts.
 */
export async function runStreams(options: StreamBenchOptions): Promise<{ readonly runs: readonly StreamRun[] }> {
  const methods = options.policies.map((policy) => ({ policy, ...resolvePolicy(policy, {}, STREAM_METHODS) }))
  const runs: StreamRun[] = []
  const total = options.streams.length * methods.length * options.repeats
  for (const { stream, entries } of options.streams) {
    let predictions: StreamPredictions | undefined
    for (const { policy, create, options: settings } of methods) {
      const predicts = PREDICTING_METHODS.has(policy)
      if (predicts) predictions ??= predictStream(stream, entries)
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        // Lets signals and progress through between runs.
        await new Promise((resolve) => setImmediate(resolve))
        if (options.signal?.aborted) throw new KrigeError('interrupted', 'the benchmark was interrupted')
        const seed = deriveSeed(options.seed, stream.name, repeat)
        const { cellsSpent, cellsToMatch } = playStream(stream, entries, create, {
          seed,
          backend: options.backend,
          options: settings,
        })
        const run: StreamRun = {
          stream: stream.name,
          policy,
          repeat,
          cells: stream.cells,
          cellsSpent,
          cellsToMatch,
          matched: cellsToMatch !== null,
          rankCorrelation: (predicts ? predictions?.rankCorrelation : undefined) ?? null,
          coverage: (predicts ? predictions?.coverage : undefined) ?? null,
        }
        runs.push(run)
        options.onRun?.(run, runs.length, total)
      }
    }
  }
  return { runs }
}
