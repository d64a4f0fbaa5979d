import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { testTask } from './chat-server.ts'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')

export interface CliResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCli {
  readonly child: ChildProcess
  readonly stderrSoFar: () => string
  readonly done: Promise<CliResult>
}

/**
 * Starts the command line as a child process, the way a user does.
 *
 * @param within A command that runs another, such as `ip netns exec NAME`. @defaultValue none
 */
export function startKrige(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  within: readonly string[] = [],
): RunningCli {
  const [program, ...words] = [...within, process.execPath, MAIN, ...args]
  const child = spawn(program!, words, {
    cwd: folder,
    env: {
      ...process.env,
      NO_COLOR: '1',
      KRIGE_CACHE: join(folder, 'cache'),
      // Halves the time to start.
      NODE_COMPILE_CACHE: join(tmpdir(), 'krige-compile-cache'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    stdout += piece
  })
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    stderr += piece
  })
  const done = new Promise<CliResult>((settle) => {
    child.on('close', (code, signal) => settle({ code, signal, stdout, stderr }))
  })
  return { child, stderrSoFar: () => stderr, done }
}

export const krige = (folder: string, ...args: readonly string[]): Promise<CliResult> => startKrige(folder, args).done

/** A new folder with a task file; JSON is YAML. */
export function taskFolder(model: string, options: Parameters<typeof testTask>[1] = {}, changes: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'krige-cli-'))
  writeFileSync(join(folder, 'task.yaml'), JSON.stringify({ ...testTask(model, options), ...changes }, undefined, 1))
  return folder
}
