import { join } from 'node:path'
import type { CliResult } from './krige-cli.ts'

/** One command at a time: they share the working folder, the environment and both streams of this process. */
let last: Promise<unknown> = Promise.resolve()

/**
 * Runs a command inside this process, for tests of what it says and does; a new process takes ten times as long to start.
 * Tests of signals, kills, locks and several commands at a time start one all the same: `startKrige`.
 */
export function krige(folder: string, ...args: readonly string[]): Promise<CliResult> {
  return krigeWith({}, folder, ...args)
}

/** @param environment Variables beside those of this process. */
export function krigeWith(
  environment: Readonly<Record<string, string>>,
  folder: string,
  ...args: readonly string[]
): Promise<CliResult> {
  const result = last.then(() => runHere(environment, folder, args))
  last = result.catch(() => undefined)
  return result
}

async function runHere(
  environment: Readonly<Record<string, string>>,
  folder: string,
  args: readonly string[],
): Promise<CliResult> {
  const { runCli } = await import('../../src/cli/program.ts')
  const home = process.cwd()
  const before = { ...process.env }
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)]
  process.chdir(folder)
  Object.assign(process.env, { NO_COLOR: '1', KRIGE_CACHE: join(folder, 'cache'), ...environment })
  const { exitCode } = process
  process.exitCode = undefined
  try {
    const code = await runCli(args)
    return { code, signal: null, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    process.exitCode = exitCode
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
    process.chdir(home)
    stdout.restore()
    stderr.restore()
  }
}

function capture(stream: NodeJS.WriteStream): { readonly text: () => string; readonly restore: () => void } {
  const { write } = stream
  let said = ''
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    said += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    const done = rest.find((part) => typeof part === 'function')
    if (done) queueMicrotask(() => Reflect.apply(done as () => void, undefined, []))
    return true
  }) as typeof write
  return {
    text: () => said,
    restore: () => {
      stream.write = write
    },
  }
}
