/**
 * Runs a module of the user's apart from the engine. An endless loop, a crash or a lost error in it costs one cell, not
 * the run.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Failure } from '../../history/failure.ts'
import { messageOf } from '../../text/message-of.ts'
import type { FromWorker, Job, ToWorker } from './messages.ts'
import { type ProgramContext, readProgramCall } from './program.ts'
import { readResult } from './read-result.ts'

/** A failed call, as the program sees it: an error that carries what happened. */
class CallError extends Error {
  override readonly name = 'CallError'
  readonly failure: Failure
  constructor(problem: Failure) {
    super(problem.message)
    this.failure = problem
  }
}

/** Path of the module, name of its function where that is not the default export, most megabytes, who started this. */
const [file = '', exportName = '', megabytes = '', engine = ''] = process.argv.slice(2)
const post = process.send?.bind(process)
if (!post) throw new Error('this module only runs as a child process')
// What the module itself posts is ignored.
process.send = undefined as never
const send = (message: FromWorker) => post(message)
const answers = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>()
let calls = 0

// Ctrl-C is the engine's to hear; when the engine has gone there is nothing to do.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())
/** The limit of the heap sees no buffers, and an endless loop hears of no disconnect: a thread of its own looks after both. */
new Worker(
  `setInterval(() => {
    if (process.memoryUsage.rss() > ${Number(megabytes)} * 2 ** 20 || process.ppid !== ${Number(engine)}) process.kill(process.pid, 'SIGKILL')
  }, 200)`,
  { eval: true },
).unref()

process.on('uncaughtException', (error) => send({ kind: 'stray', message: messageOf(error) }))
process.on('unhandledRejection', (error) => send({ kind: 'stray', message: messageOf(error) }))

/** A module with `import` and `export` is one, also in a folder that calls its files CommonJS. */
registerHooks({
  load(url, context, next) {
    const { format } = context
    if (!format?.startsWith('commonjs') || !url.startsWith('file:') || url.includes('/node_modules/')) {
      return next(url, context)
    }
    const source = readFileSync(fileURLToPath(url), 'utf8')
    const isModule = /^\s*(?:import|export)\b/m.test(source) && !/\bmodule\.exports\b|\bexports\.\w/.test(source)
    return next(url, isModule ? { ...context, format: format.replace('commonjs', 'module') } : context)
  },
})

const loaded: Promise<unknown> = import(pathToFileURL(file).href).then(
  (module: Record<string, unknown>) => {
    const exported = module['default'] ?? module[exportName]
    if (typeof exported === 'function') send({ kind: 'ready' })
    else send({ kind: 'unusable', message: 'it exports no function' })
    return exported
  },
  (error: unknown) => send({ kind: 'unusable', message: messageOf(error) }),
)

process.on('message', async (message: ToWorker) => {
  if (message.kind === 'answer') {
    const waiting = answers.get(message.call)
    answers.delete(message.call)
    if (message.failure) waiting?.reject(new CallError(message.failure))
    else waiting?.resolve(message.text ?? '')
    return
  }
  const { job } = message
  const exported = await loaded
  if (typeof exported !== 'function') return
  try {
    const result: unknown = await exported(...argumentsOf(job, message.input))
    send({ kind: 'result', job, result: readResult(result, message.input.kind) })
  } catch (error) {
    send({ kind: 'result', job, result: { kind: 'error', message: messageOf(error), ...failureOf(error) } })
  }
})

/** What was thrown may be a proxy that throws when it is looked at. */
function failureOf(error: unknown): { readonly failure?: Failure } {
  try {
    return error instanceof CallError ? { failure: error.failure } : {}
  } catch {
    return {}
  }
}

function argumentsOf(job: number, input: Job): readonly unknown[] {
  if (input.kind === 'metric') return [input.output, input.example, input.options]
  const context: ProgramContext = {
    seed: input.seed,
    repeat: input.repeat,
    generate: (asked) =>
      new Promise<string>((resolve, reject) => {
        const request = readProgramCall(asked)
        const call = calls++
        answers.set(call, { resolve, reject })
        send({ kind: 'call', job, call, request })
      }),
  }
  return [input.candidate, input.example, context]
}
