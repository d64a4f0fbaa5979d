/**
 * What goes to standard output and standard error. Servers, data sets and models write parts of it: nothing of theirs
 * may steer the terminal.
 *
 * @module
 */
import { StringDecoder } from 'node:string_decoder'
import { visibleText } from '../text/visible-text.ts'

type Stream = NodeJS.WriteStream
type Write = Stream['write']

/** What the streams really do, for what Krige itself has to say to a terminal. */
const originals = new WeakMap<object, Write>()

/**
 * From here on both streams replace control sequences, and a reader that goes away (`krige export x | head`) is no
 * error. Data that must go out byte by byte takes {@link writeData}.
 *
 * @returns what undoes it.
 */
export function guardTerminal(streams: readonly Stream[] = [process.stdout, process.stderr]): () => void {
  const undo = streams.map((stream) => {
    const write = stream.write
    if (originals.has(stream)) return () => undefined
    originals.set(stream, write.bind(stream) as Write)
    const decoder = new StringDecoder('utf8')
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk))
      return Reflect.apply(write, stream, [visibleText(text), ...rest.filter((part) => typeof part !== 'string')])
    }) as Write
    // For good: a stream may say only later that its reader has gone.
    if (!stream.listeners('error').includes(ignoreGoneReader)) stream.on('error', ignoreGoneReader)
    return () => {
      stream.write = write
      originals.delete(stream)
    }
  })
  return () => {
    for (const each of undo) each()
  }
}

function ignoreGoneReader(error: Error): void {
  if (!isGoneReader(error)) throw error
}

/** Whether a write failed because its reader is gone. */
export function isGoneReader(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
}

/** Writes to a stream as it is: for sequences of our own, which steer the terminal on purpose. */
export function writeRaw(stream: { write(text: string): unknown }, text: string): void {
  const write = originals.get(stream)
  if (write) write(text)
  else stream.write(text)
}

/**
 * The same stream for a library that steers the terminal itself. Use it only for text of Krige's own. Some terminals say
 * that they have 0 columns and rows: that they do not know.
 */
export function rawStream(stream: Stream): Stream {
  return Object.create(stream, {
    write: { value: originals.get(stream) ?? stream.write.bind(stream) },
    columns: { get: () => stream.columns || 80 },
    rows: { get: () => stream.rows || 24 },
  })
}

/**
 * Data on standard output: exact where a program reads it, and without control sequences where a person does.
 *
 * @throws what the stream says, also that its reader is gone.
 */
export async function writeData(pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const stream = process.stdout
  const write = (stream.isTTY ? stream.write : (originals.get(stream) ?? stream.write)).bind(stream) as Write
  for await (const piece of pieces) {
    await new Promise<void>((resolve, reject) => {
      write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }
}

/**
 * JSON in one line, for standard output: control characters and overrides that JSON lets pass are escaped, so that its
 * value stays what it is.
 *
 * @example
 * jsonLine({ text: '\u009b2J' }) // '{"text":"\\u009b2J"}\n'
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${text}\n`
}
