/**
 * Numeric backends that use a second core where there is one: the door of Node.js, because pure rooms start no threads.
 *
 * @module
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type Backend, createWasmBackend, openBackend } from '../numerics/linalg/index.ts'
import type { StartHelper } from '../numerics/linalg/wasm/helped-kernels.ts'

export interface ThreadedBackendOptions {
  /** Threads that large matrices are computed on. Results do not depend on it. @defaultValue 2 where there are two cores */
  readonly threads?: 1 | 2
}

/**
 * Any backend by name, as `openBackend` gives it; the WebAssembly ones use a second thread for what is large.
 *
 * The thread is started when there is enough for it to do, and sleeps between two works. It leaves after some seconds
 * without any and keeps no process alive.
 *
 * @throws InvalidArgumentError when there is no such backend
 * @throws UnavailableError when its library is not installed, or the engine cannot run it
 *
 * @example
 * const backend = await openThreadedBackend('wasm', { threads: 2 })
 * backend.name // 'wasm'
 */
export async function openThreadedBackend(
  name?: string,
  { threads = availableParallelism() > 1 ? 2 : 1 }: ThreadedBackendOptions = {},
): Promise<Backend> {
  const backend = await openBackend(name)
  if (threads === 1 || backend.name !== 'wasm') return backend
  return createWasmBackend({ ...(name === 'wasm-simd128' && { simd: 'simd128' }), startHelper })
}

/** Starts a worker thread that helps. */
export const startHelper: StartHelper = (task) => {
  // The same file is TypeScript in a checkout and JavaScript in the package.
  const script = new URL(`./helper-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const worker = new Worker(script, { workerData: task, execArgv: [], env: {} })
  // Without it everything is computed on one thread, which is slower and no failure.
  worker.on('error', () => {})
  worker.unref()
}
