/**
 * Calls through a provider's batch interface: gathered, sent together, answered minutes or hours later, at a lower price.
 *
 * What is paid for is not lost. The name of a batch is on the disk before anything waits for it. A later process then
 * fetches its answers instead of sending it again.
 *
 * @module
 */
import {
  APICallError,
  type Experimental_BatchV4Error as BatchError,
  type Experimental_BatchV4ItemResult as BatchItem,
  type Experimental_BatchV4 as BatchService,
} from '@ai-sdk/provider'
import { type Failure, failure, isFatal } from '../../history/failure.ts'
import { notify } from '../notify.ts'
import { DEFAULT_RETRY, pause, retryDelay } from '../retry.ts'
import type { GenerateRequest, Generation, Usage } from '../text-model.ts'
import type { BatchTiming } from './batch-timing.ts'
import { type CallContext, classifyError } from './classify-error.ts'
import { type Completion, callOptionsOf, completionOf } from './complete-text.ts'
import { usageOfFailure } from './usage-of-failure.ts'

export interface BatchCallsOptions {
  readonly service: BatchService
  /** As the provider calls the model. */
  readonly modelId: string
  /** Requests in one batch at most. */
  readonly size: number
  readonly context: Pick<CallContext, 'host' | 'redact' | 'now'>
  /** Reads an answer, as of a call that was sent alone. */
  readonly read: (completion: Completion, request: GenerateRequest) => Generation
  /** Milliseconds one request to the batch interface may take. */
  readonly timeout: number
  /** Told in words when a batch is sent, and when it cannot be asked about. */
  readonly onNotice?: ((notice: string) => void) | undefined
  readonly timing?: BatchTiming | undefined
}

export interface BatchCalls {
  /** Gathers a call, or, where its ticket names a batch, fetches its answer. */
  generate(request: GenerateRequest): Promise<Generation>
  /** What waits for answers is left outstanding. */
  close(): void
}

interface Entry {
  readonly id: string
  readonly request: GenerateRequest
  /** Ends it, once. */
  end(generation: Generation): void
  /** What it waited for broke, on our side. */
  fail(error: unknown): void
}

const LINGER = 500
const FIRST_POLL = 1000
const LONGEST_POLL = 60_000
const POLL_GROWTH = 1.5
/** So often answers that are there may fail to be read. */
const READ_ATTEMPTS = 5
const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 }

/** Expected failures are values, as of any model. */
export function createBatchCalls(options: BatchCallsOptions): BatchCalls {
  const { service, modelId, size, timeout } = options
  const say = (notice: string) => notify(options.onNotice, notice)
  const { linger = LINGER, firstPoll = FIRST_POLL } = options.timing ?? {}
  const { host } = options.context
  const closing = new AbortController()
  let waiting: Entry[] = []
  let timer: NodeJS.Timeout | undefined
  let unnamed = 0
  /** What is out, by batch and by id of the request. */
  const out = new Map<string, Map<string, Entry>>()

  const limited = () => AbortSignal.any([AbortSignal.timeout(timeout), closing.signal])
  const classify = (error: unknown) => classifyError(error, { ...options.context, cancelled: closing.signal.aborted })

  const gather = (entry: Entry) => {
    waiting.push(entry)
    clearTimeout(timer)
    if (waiting.length >= size) sendWaiting()
    else timer = setTimeout(sendWaiting, linger)
  }

  const sendWaiting = () => {
    clearTimeout(timer)
    const entries = waiting
    waiting = []
    send(entries).catch((error) => failAll(entries, error))
  }

  const start = async (entries: readonly Entry[]): Promise<string | ((entry: Entry) => Generation)> => {
    for (let attempt = 0; ; attempt++) {
      try {
        const { batchId } = await service.doStartBatch({
          requests: entries.map(({ id, request }) => ({ id, modelId, type: 'text', options: callOptionsOf(request) })),
          abortSignal: limited(),
        })
        return batchId
      } catch (error) {
        const problem = classify(error)
        // A connection that broke, or an answer that cannot be read, may have started it.
        const isCertain = isRefused(error) || isFatal(problem) || problem.kind === 'bad-request'
        if (!isCertain) {
          return ({ request }) => ({ kind: 'failure', failure: problem, usage: usageOfFailure(error, request) })
        }
        const delay = retryDelay(problem, attempt, DEFAULT_RETRY)
        if (delay === undefined) return () => unsent(problem)
        say(`${host} did not take a batch of ${entries.length} calls (${problem.message}); trying again.`)
        if (await pause(delay, closing.signal))
          return () => unsent(failure('cancelled', 'cancelled before it was sent'))
      }
    }
  }

  const send = async (entries: readonly Entry[]) => {
    if (entries.length === 0) return
    const batch = await start(entries)
    if (typeof batch !== 'string') {
      for (const entry of entries) entry.end(batch(entry))
      return
    }
    const byId = new Map(entries.map((entry) => [entry.id, entry]))
    out.set(batch, byId)
    await Promise.all(entries.map(({ request }) => request.ticket?.sentIn(batch)))
    say(
      `Batch ${batch} of ${entries.length} calls was sent to ${host}. Its answers may take hours: it may be stopped, and run again later.`,
    )
    for (const [id, entry] of byId) {
      if (!entry.request.signal?.aborted) continue
      byId.delete(id)
      entry.end(outstanding())
    }
    await follow(batch, byId)
  }

  /** Asks until it is done, then hands out the answers. */
  const follow = async (batch: string, entries: Map<string, Entry>) => {
    let failedReads = 0
    let isQuiet = false
    for (let wait = firstPoll; entries.size > 0; wait = Math.min(POLL_GROWTH * wait, LONGEST_POLL)) {
      const all = (end: (entry: Entry) => Generation) => {
        for (const [id, entry] of entries) {
          entries.delete(id)
          entry.end(end(entry))
        }
      }
      if (await pause(wait, closing.signal)) {
        all(() => outstanding())
        break
      }
      // Who joins while it is read is looked for again.
      const expected = [...entries.keys()]
      try {
        const status = await service.doGetBatchStatus({ batchId: batch, abortSignal: limited() })
        isQuiet = false
        if (status.status === 'pending') continue
        await hand(await service.doGetBatchResults({ batchId: batch, abortSignal: limited() }), entries)
        const reason = status.error?.message ?? status.rawStatus ?? status.status
        const missing = failure('server', `batch ${batch} ended without an answer (${options.context.redact(reason)})`)
        for (const id of expected) {
          entries.get(id)?.end({ kind: 'failure', failure: missing, usage: NOTHING })
          entries.delete(id)
        }
      } catch (error) {
        const problem = classify(error)
        if (isFatal(problem) || (!isTransient(problem) && ++failedReads >= READ_ATTEMPTS)) {
          all(() => outstanding(failure('not-found', `batch ${batch} cannot be read: ${problem.message}`)))
          break
        }
        if (!isQuiet) say(`${host} does not say how batch ${batch} is (${problem.message}); asking again.`)
        isQuiet = true
      }
    }
    out.delete(batch)
  }

  const hand = async (results: ReadableStream<BatchItem>, entries: Map<string, Entry>) => {
    for await (const item of results) {
      const entry = entries.get(item.id)
      if (!entry || item.type !== 'text') continue
      entries.delete(item.id)
      if (item.status === 'succeeded') entry.end(options.read(completionOf(item.result), entry.request))
      else entry.end({ kind: 'failure', failure: failureOf(item.error, item.status), usage: NOTHING })
    }
  }

  const failureOf = (error: BatchError | undefined, status: string): Failure => {
    if (error?.statusCode === undefined) {
      const why = options.context.redact(error?.message ?? error?.code ?? status)
      return failure(
        status === 'failed' ? 'malformed' : 'server',
        `${host}: the call was ${status} in its batch: ${why}`,
      )
    }
    const { message, statusCode, code = '' } = error
    const responseBody = [message, code].filter((text) => text !== '').join(' ')
    return classify(new APICallError({ message, url: '', requestBodyValues: {}, statusCode, responseBody }))
  }

  return {
    generate(request) {
      const { ticket, signal } = request
      if (signal?.aborted || closing.signal.aborted) {
        const cancelled = failure('cancelled', 'cancelled before it was sent')
        return Promise.resolve(ticket?.batch === undefined ? unsent(cancelled) : outstanding())
      }
      return new Promise((resolve, reject) => {
        const id = ticket ? `call-${ticket.call}` : `unnamed-${unnamed++}`
        const leave = () => {
          if (waiting.includes(entry)) {
            waiting = waiting.filter((other) => other !== entry)
            entry.end(unsent(failure('cancelled', 'cancelled before it was sent')))
            return
          }
          // One whose batch is on its way to the server waits for the batch's name.
          for (const entries of out.values()) {
            if (entries.get(id) !== entry) continue
            entries.delete(id)
            entry.end(outstanding())
          }
        }
        const entry: Entry = {
          id,
          request,
          end(generation) {
            signal?.removeEventListener('abort', leave)
            resolve(generation)
          },
          fail(error) {
            signal?.removeEventListener('abort', leave)
            reject(error)
          },
        }
        signal?.addEventListener('abort', leave, { once: true })
        if (ticket?.batch === undefined) {
          gather(entry)
          return
        }
        const known = out.get(ticket.batch)
        if (known) {
          known.set(id, entry)
          return
        }
        say(`Fetching the answers of batch ${ticket.batch}, which was sent to ${host} before.`)
        const entries = new Map([[id, entry]])
        out.set(ticket.batch, entries)
        follow(ticket.batch, entries).catch((error) => failAll(entries.values(), error))
      })
    },
    close() {
      closing.abort()
      clearTimeout(timer)
      for (const entry of waiting.splice(0)) entry.end(unsent(failure('cancelled', 'cancelled before it was sent')))
    },
  }
}

function failAll(entries: Iterable<Entry>, error: unknown): void {
  for (const entry of entries) entry.fail(error)
}

const unsent = (reason: Failure): Generation => ({ kind: 'failure', failure: reason, usage: NOTHING, unsent: true })

const outstanding = (reason: Failure = failure('cancelled', 'its batch goes on without us')): Generation => ({
  kind: 'failure',
  failure: reason,
  usage: NOTHING,
  outstanding: true,
})

function isRefused(error: unknown): boolean {
  return APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 400
}

function isTransient({ kind }: Failure): boolean {
  return kind === 'rate-limit' || kind === 'timeout' || kind === 'connection' || kind === 'server'
}
