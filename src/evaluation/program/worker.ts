/**
 * Runs a user's program apart from the engine: an endless loop or a crash in it costs one cell, not the run.
 *
 * @module
 */
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { Failure } from '../../history/failure.ts'
import type { FromWorker, ProgramCall, ProgramContext, ToWorker } from './messages.ts'

/** A failed call, as the program sees it: an error that carries what happened. */
class CallError extends Error {
  override readonly name = 'CallError'
  readonly failure: Failure
  constructor(problem: Failure) {
    super(problem.message)
    this.failure = problem
  }
}

const port = parentPort
if (!port) throw new Error('this module only runs as a worker')
const send = (message: FromWorker) => port.postMessage(message)
const answers = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>()
let calls = 0

const generate = (call: string | ProgramCall) =>
  new Promise<string>((resolve, reject) => {
    const number = calls++
    answers.set(number, { resolve, reject })
    send({ kind: 'call', call: number, request: typeof call === 'string' ? { prompt: call } : call })
  })

const loaded: Promise<unknown> = import(pathToFileURL(String(workerData)).href).then(
  (module: Record<string, unknown>) => {
    const program = module['default'] ?? module['evaluate']
    if (typeof program === 'function') send({ kind: 'ready' })
    else
      send({
        kind: 'unusable',
        message: 'it exports no function; expected export default async (candidate, example, context) => score',
      })
    return program
  },
  (error: unknown) => send({ kind: 'unusable', message: messageOf(error) }),
)

port.on('message', async (message: ToWorker) => {
  if (message.kind === 'answer') {
    const waiting = answers.get(message.call)
    answers.delete(message.call)
    if (message.failure) waiting?.reject(new CallError(message.failure))
    else waiting?.resolve(message.text ?? '')
    return
  }
  const program = await loaded
  if (typeof program !== 'function') return
  const context: ProgramContext = { generate, seed: message.seed, repeat: message.repeat }
  try {
    const result: unknown = await program(message.candidate, message.example, context)
    send(readResult(result))
  } catch (error) {
    send({
      kind: 'error',
      message: messageOf(error),
      ...(error instanceof CallError ? { failure: error.failure } : {}),
    })
  }
})

function readResult(result: unknown): FromWorker {
  if (typeof result === 'boolean') return { kind: 'score', score: result ? 1 : 0 }
  if (typeof result === 'number' && Number.isFinite(result)) return { kind: 'score', score: result }
  if (
    typeof result === 'object' &&
    result !== null &&
    'score' in result &&
    typeof result.score === 'number' &&
    Number.isFinite(result.score)
  ) {
    const metrics: Record<string, number> = {}
    const written: unknown = 'metrics' in result ? result.metrics : undefined
    if (typeof written === 'object' && written !== null) {
      for (const [name, value] of Object.entries(written)) if (typeof value === 'number') metrics[name] = value
    }
    const output: unknown = 'output' in result ? result.output : undefined
    return { kind: 'score', score: result.score, metrics, ...(typeof output === 'string' ? { output } : {}) }
  }
  return {
    kind: 'error',
    message: `it returned ${JSON.stringify(result) ?? String(result)}; expected a finite number or { score }`,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
