import { closeSync, existsSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { UnavailableError } from '../../errors.ts'
import { messageOf } from '../../text/message-of.ts'

export const DEFAULT_HUB = 'https://huggingface.co'

export interface HubDownloadOptions {
  readonly url: string
  /** What has arrived so far lies here, and is taken up again. */
  readonly partialFile: string
  readonly bytes: number
  readonly onProgress?: (bytes: number) => void
  readonly signal?: AbortSignal
  /** Milliseconds without a byte until the hub counts as unreachable. @defaultValue 15000 */
  readonly patience?: number
}

/**
 * Downloads a file, going on where an earlier attempt stopped.
 *
 * @throws UnavailableError when the hub cannot be reached or refuses; what has arrived is kept.
 */
export async function downloadFromHub(options: HubDownloadOptions): Promise<void> {
  const { url, partialFile, bytes } = options
  const unavailable = (reason: string, cause?: unknown) =>
    new UnavailableError(`the hub cannot be reached: ${reason}`, { remedy: 'Check the connection.', cause })
  mkdirSync(dirname(partialFile), { recursive: true })
  const have = existsSync(partialFile) ? statSync(partialFile).size : 0
  if (have === bytes) return
  const silence = new AbortController()
  const patience = options.patience ?? 15_000
  let timer = setTimeout(() => silence.abort(), patience)
  const signal = AbortSignal.any([silence.signal, ...(options.signal ? [options.signal] : [])])
  try {
    const resume = have > 0 && have < bytes
    const response = await fetch(url, { signal, headers: resume ? { range: `bytes=${have}-` } : {} })
    if (!response.ok || !response.body) throw unavailable(`HTTP ${response.status} for ${url}`)
    const continued = response.status === 206
    let received = continued ? have : 0
    const output = openSync(partialFile, continued ? 'a' : 'w')
    try {
      for await (const chunk of chunksOf(response.body)) {
        clearTimeout(timer)
        timer = setTimeout(() => silence.abort(), patience)
        received += chunk.length
        if (received > bytes) throw unavailable(`${url} is longer than ${bytes} bytes`)
        // Written at once: what has arrived must outlive a connection that breaks.
        writeSync(output, chunk)
        options.onProgress?.(received)
      }
    } finally {
      closeSync(output)
    }
    if (received < bytes) throw unavailable(`${url} ended after ${received} of ${bytes} bytes`)
  } catch (error) {
    if (error instanceof UnavailableError) throw error
    throw unavailable(silence.signal.aborted ? `no answer within ${patience / 1000} s` : messageOf(error), error)
  } finally {
    clearTimeout(timer)
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
