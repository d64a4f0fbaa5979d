/**
 * Processes that run one function of the user's, one call at a time each. Threads would not do: a large allocation beyond
 * their limit ends the whole process.
 *
 * A call ends with a result, an error, or the end of its time. Whatever else happens to its process ends the call with
 * that reason at once: it exits, runs out of memory, or an error gets lost in it. The next call gets a fresh process.
 * What the module prints goes to standard error.
 *
 * @module
 */
import { fork } from 'node:child_process'
import { InvalidInputError } from '../../errors.ts'
import type { Failure } from '../../history/failure.ts'
import { messageOf } from '../../text/message-of.ts'
import type { FromWorker, Job, JobError, JobScore, ToWorker } from './messages.ts'
import type { ProgramCall } from './program.ts'

export interface WorkerPoolOptions {
  /** Absolute path of the module. */
  readonly file: string
  /** What the module is, for messages: `program`, `metric module`. */
  readonly role: string
  /** Name of its function, where it is not the default export. */
  readonly exportName: string
  /** Most processes at a time. */
  readonly concurrency: number
  /** Milliseconds a call may take. */
  readonly timeout: number
  /** Megabytes per process, of objects and of buffers. @defaultValue 1024 */
  readonly memory?: number
}

/** How a call ended. */
export type JobResult = JobScore | JobError | { readonly kind: 'timeout' } | { readonly kind: 'cancelled' }

export type CallAnswer = { readonly text: string } | { readonly failure: Failure }

export interface RunOptions {
  readonly signal?: AbortSignal | undefined
  /** Answers a call of the function's to a model; never rejects. */
  readonly answer?: (request: ProgramCall) => Promise<CallAnswer>
}

export interface WorkerPool {
  run(job: Job, options?: RunOptions): Promise<JobResult>
  /** Ends all processes; calls under way are cancelled. */
  close(): Promise<void>
}

const DEFAULT_MEMORY = 1024
const LOAD_TIMEOUT = 60_000
/** Megabytes that the process takes for itself. */
const OWN_MEMORY = 256
/** How a process says on Windows, where there are no signals, that its heap was full. */
const OUT_OF_MEMORY = 134
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/** @throws InvalidInputError when the module cannot be loaded or exports no function. */
export async function createWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const idle = [await startWorker(options)]
  const busy = new Set<UserWorker>()
  const waiting: (() => void)[] = []
  let starting = 0
  let closed = false
  let jobs = 0

  const acquire = async (): Promise<UserWorker | undefined> => {
    while (!closed) {
      const worker = idle.pop()
      if (worker?.lost()) {
        void worker.end()
        continue
      }
      if (worker) {
        busy.add(worker)
        return worker
      }
      if (busy.size + starting < options.concurrency) {
        starting++
        try {
          const fresh = await startWorker(options)
          busy.add(fresh)
          return fresh
        } finally {
          starting--
        }
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    return undefined
  }
  const release = (worker: UserWorker, usable: boolean) => {
    busy.delete(worker)
    if (usable && !closed && !worker.lost()) idle.push(worker)
    else void worker.end()
    waiting.shift()?.()
  }

  return {
    async run(job, { signal, answer } = {}) {
      let worker: UserWorker | undefined
      try {
        worker = await acquire()
      } catch (error) {
        waiting.shift()?.()
        return { kind: 'error', message: messageOf(error) }
      }
      if (!worker) return { kind: 'cancelled' }
      const result = await worker.run(jobs++, job, options.timeout, signal, answer)
      // A call that still waits for a model would speak into the next cell.
      release(worker, (result.kind === 'score' || result.kind === 'error') && worker.isQuiet())
      return closed && result.kind === 'error' ? { kind: 'cancelled' } : result
    },
    async close() {
      closed = true
      for (const resume of waiting.splice(0)) resume()
      await Promise.all([...idle.splice(0), ...busy].map((worker) => worker.end()))
    },
  }
}

interface UserWorker {
  run(
    number: number,
    job: Job,
    timeout: number,
    signal: AbortSignal | undefined,
    answer: RunOptions['answer'],
  ): Promise<JobResult>
  /** Whether it ended, or lost an error. */
  lost(): boolean
  /** Whether none of its calls waits for a model. */
  isQuiet(): boolean
  end(): Promise<void>
}

async function startWorker(options: WorkerPoolOptions): Promise<UserWorker> {
  const { file, role, exportName, memory = DEFAULT_MEMORY } = options
  const child = fork(WORKER, [file, exportName, String(memory + OWN_MEMORY), String(process.pid)], {
    execArgv: [`--max-old-space-size=${memory}`],
    serialization: 'advanced',
    // What it prints goes to standard error: standard output belongs to the engine's own results.
    stdio: ['ignore', 2, 2, 'ipc'],
  })

  let loss: string | undefined
  let open = 0
  /** Who waits for what this worker says. */
  let listener: ((message: FromWorker) => void) | undefined
  const hear = (message: FromWorker) => {
    if (message.kind === 'stray') loss ??= `an error outside of what it returned: ${message.message}`
    listener?.(message)
  }
  const lose = (message: string) => {
    loss ??= message
    listener?.({ kind: 'stray', message: loss })
  }
  child.on('message', hear)
  child.on('error', (error) => lose(error.message))
  child.on('exit', (code, signal) =>
    lose(
      signal === 'SIGKILL' || signal === 'SIGABRT' || code === OUT_OF_MEMORY
        ? `it used more than ${memory} MB of memory, or was ended from outside`
        : `it ended the process (${signal ?? `exit code ${code}`})`,
    ),
  )
  // Timers keep the engine alive while a call runs; an idle process does not.
  child.unref()
  child.channel?.unref()
  const post = (message: ToWorker) => {
    if (child.connected) child.send(message, () => undefined)
  }

  const problem = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(`it was not loaded after ${LOAD_TIMEOUT / 1000} s`), LOAD_TIMEOUT)
    listener = (message) => {
      if (message.kind === 'call' || message.kind === 'result') return
      clearTimeout(timer)
      resolve(message.kind === 'ready' ? undefined : message.kind === 'stray' ? loss : message.message)
    }
    if (loss !== undefined) listener({ kind: 'stray', message: loss })
  })
  listener = undefined
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.ref()
    child.kill('SIGKILL')
    await exited
  }
  if (problem !== undefined) {
    await end()
    throw new InvalidInputError(`${role} ${file} cannot be loaded: ${problem}`, {
      remedy: REMEDIES.get(role) ?? REMEDY,
    })
  }

  return {
    lost: () => loss !== undefined,
    isQuiet: () => open === 0,
    end,
    async run(number, job, timeout, signal, answer) {
      const result = await new Promise<JobResult>((resolve) => {
        const timer = setTimeout(() => finish({ kind: 'timeout' }), timeout)
        const abort = () => finish({ kind: 'cancelled' })
        const finish = (ended: JobResult) => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', abort)
          resolve(ended)
        }
        listener = (message) => {
          if (message.kind === 'stray') finish({ kind: 'error', message: loss ?? message.message })
          // Late words of an earlier call are ignored.
          else if (message.kind === 'result' && message.job === number) finish(message.result)
          else if (message.kind === 'call' && message.job === number && answer) {
            open++
            const { call } = message
            void answer(message.request).then((given) => {
              open--
              post({ kind: 'answer', call, ...given })
            })
          }
        }
        if (signal?.aborted) return abort()
        signal?.addEventListener('abort', abort, { once: true })
        if (loss !== undefined) return finish({ kind: 'error', message: loss })
        post({ kind: 'run', job: number, input: job })
      })
      listener = undefined
      return result
    },
  }
}

const REMEDY = 'It is read by Node.js, as JavaScript or TypeScript; run it with node to see why.'
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['program', `${REMEDY} It needs export default async (candidate, example, context) => score`],
  [
    'metric module',
    `${REMEDY} It needs export default (output, example) => (output.includes(example.expected) ? 1 : 0)`,
  ],
])
