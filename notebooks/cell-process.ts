/**
 * Runs the cells of one notebook, in a process of its own that {@link file://./run-notebook.ts} starts.
 *
 * Cells run as Deno's kernel runs them: through V8's inspector in REPL mode. That allows `await` at the top level,
 * keeps declarations from cell to cell and returns the value of the last expression. Static imports are no part of a
 * REPL's scripts, so that they are loaded first and bound as globals. A value with a method under
 * `Symbol.for('Jupyter.display')` says itself how it is shown.
 *
 * @module
 */
import { type Runtime, Session } from 'node:inspector'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { MimeBundle, Output } from './notebook-file.ts'
import { lines } from './text-lines.ts'

/** What the process is asked: the code cells, in order. */
export interface CellsMessage {
  readonly directory: string
  readonly cells: readonly string[]
}

/** What it answers, once per cell, until one fails. */
export type CellMessage =
  | { readonly kind: 'done'; readonly outputs: Output[] }
  | { readonly kind: 'failed'; readonly error: string }

const VALUE = '__notebookValue'
const display = Symbol.for('Jupyter.display')
const globals: Record<PropertyKey, unknown> = globalThis

process.once('message', async (message: CellsMessage) => {
  const session = new Session()
  session.connect()
  for (const [index, source] of message.cells.entries()) {
    const outputs: Output[] = []
    const release = capture(outputs)
    let answer: CellMessage
    try {
      const value = await evaluate(session, await bindImports(source, message.directory), `cell-${index + 1}.ts`)
      const data = await shown(value)
      if (data) outputs.push({ output_type: 'execute_result', data, metadata: {}, execution_count: index + 1 })
      answer = { kind: 'done', outputs }
    } catch (error) {
      answer = { kind: 'failed', error: error instanceof Error ? error.message : String(error) }
    } finally {
      release()
    }
    await new Promise((sent) => process.send?.(answer, sent))
    if (answer.kind === 'failed') break
  }
  session.disconnect()
  process.exit()
})

/** Loads the named and namespace imports of a cell; what remains keeps its lines, so that errors point to them. */
async function bindImports(source: string, directory: string): Promise<string> {
  const pattern = /^import\s+(type\s+)?(?:\{([^}]*)\}|\*\s+as\s+(\w+))\s+from\s+['"]([^'"]+)['"];?/gm
  for (const [, typeOnly, names, namespace, specifier] of source.matchAll(pattern)) {
    if (typeOnly) continue
    const local = specifier!.startsWith('.')
    const module: Record<string, unknown> = await import(
      local ? pathToFileURL(join(directory, specifier!)).href : specifier!
    )
    if (namespace) globals[namespace] = module
    for (const part of names?.split(',') ?? []) {
      const [, type, name, alias] = /^\s*(type\s+)?(\w+)(?:\s+as\s+(\w+))?\s*$/.exec(part) ?? []
      if (type || !name) continue
      if (!(name in module)) throw new Error(`${specifier} exports no ${name}`)
      globals[alias ?? name] = module[name]
    }
  }
  return source.replace(pattern, (statement) => statement.replace(/[^\n]/g, ''))
}

async function evaluate(session: Session, source: string, name: string): Promise<unknown> {
  const expression = `${stripTypeScriptTypes(source)}\n//# sourceURL=${name}`
  // The published types know no replMode, hence the variable.
  const request = { expression, replMode: true }
  const { result, exceptionDetails } = await new Promise<Runtime.EvaluateReturnType>((resolve, reject) => {
    session.post('Runtime.evaluate', request, (error, answer: Runtime.EvaluateReturnType) => {
      if (error) reject(error)
      else resolve(answer)
    })
  })
  if (exceptionDetails) {
    const { exception, text, lineNumber } = exceptionDetails
    const what = exception?.description ?? String(exception?.value ?? text)
    throw new Error(what.includes(name) ? what : `${what}\n    at ${name}:${lineNumber + 1}`)
  }
  if (result.objectId === undefined) return result.value
  await new Promise<void>((resolve, reject) => {
    const functionDeclaration = `function () { globalThis.${VALUE} = this }`
    session.post('Runtime.callFunctionOn', { objectId: result.objectId, functionDeclaration }, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
  return globals[VALUE]
}

/** A value as a kernel shows it; nothing for `undefined`. */
async function shown(value: unknown): Promise<MimeBundle | undefined> {
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null) {
    const method: unknown = Reflect.get(value, display)
    if (typeof method === 'function') {
      const data: Record<string, string> = await method.call(value)
      return Object.fromEntries(Object.entries(data).map(([mime, text]) => [mime, lines(text)]))
    }
  }
  return { 'text/plain': lines(inspect(value)) }
}

/** Collects what is written to the standard streams; one output per run of the same stream. */
function capture(outputs: Output[]): () => void {
  const streams = ['stdout', 'stderr'] as const
  const originals = streams.map((name) => process[name].write)
  for (const name of streams) {
    process[name].write = (chunk: string | Uint8Array) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      const last = outputs.at(-1)
      if (last?.output_type === 'stream' && last.name === name) last.text = [last.text, text].flat()
      else outputs.push({ output_type: 'stream', name, text: [text] })
      return true
    }
  }
  return () => {
    for (const [index, name] of streams.entries()) process[name].write = originals[index]!
    for (const output of outputs) {
      if (output.output_type === 'stream') output.text = lines([output.text].flat().join(''))
    }
  }
}
