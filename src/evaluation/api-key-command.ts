/**
 * A key that a command prints, as password managers do. What it prints is never shown, not even when it fails.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { KrigeError, UnavailableError } from '../errors.ts'
import { Secret } from './secrets.ts'

/** A list runs as it stands, without a shell; a text through the shell of the system. */
export type ApiKeyCommand = string | readonly string[]

export interface ApiKeyCommandOptions {
  /** Where it runs. @defaultValue the working directory */
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Milliseconds: people may have to unlock something. @defaultValue 60000 */
  readonly timeout?: number
}

const DEFAULT_TIMEOUT = 60_000
/** Longer than any key: whatever this is, it is none. */
const LONGEST = 16_384

/**
 * Runs the command once; its output without surrounding white space is the key.
 *
 * @throws UnavailableError when it cannot be run, fails, prints nothing or more than a line. The message holds the name
 * of the program at most: arguments and output may be secret.
 * @example
 * const key = await runApiKeyCommand(['node', '--print', '"sk-12345678"'])
 * String(key) // '[secret]'
 * key.reveal() // 'sk-12345678'
 */
export async function runApiKeyCommand(command: ApiKeyCommand, options: ApiKeyCommandOptions = {}): Promise<Secret> {
  const { timeout = DEFAULT_TIMEOUT } = options
  const shell = typeof command === 'string'
  const [program = '', ...args] = shell ? [command] : command
  const shown = shell ? 'the apiKeyCommand' : `the apiKeyCommand (${program})`
  const problem = (what: string) =>
    new UnavailableError(`${shown} ${what}`, {
      remedy: 'Run it by hand: it should print the key and nothing else. What it printed is not shown here.',
    })
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn(program, args, {
      shell,
      // What it says to people may hold the key, too: it goes nowhere.
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      timeout,
      killSignal: 'SIGKILL',
      ...(options.folder === undefined ? {} : { cwd: options.folder }),
      ...(options.environment ? { env: { ...options.environment } } : {}),
    })
    const pieces: Buffer[] = []
    let length = 0
    child.stdout.on('data', (piece: Buffer) => {
      length += piece.length
      if (length <= LONGEST) pieces.push(piece)
      else child.kill('SIGKILL')
    })
    // An error of the system names the file and its arguments: only its code is passed on.
    child.on('error', (error) => reject(problem(`cannot be run${'code' in error ? ` (${String(error.code)})` : ''}`)))
    child.on('close', (code, signal) => {
      if (length > LONGEST) reject(problem('prints more than a key'))
      else if (signal !== null) reject(problem(`was ended by ${signal}, or took longer than ${timeout / 1000} s`))
      else if (code !== 0) reject(problem(`failed with exit code ${code}`))
      else resolve(Buffer.concat(pieces).toString('utf8'))
    })
  }).catch((error: unknown) => {
    throw KrigeError.isInstance(error) ? error : problem('cannot be run')
  })
  const key = output.trim()
  if (key === '') throw problem('printed nothing')
  if (/[\s\p{Cc}]/u.test(key)) throw problem('printed more than one word')
  return new Secret(key)
}
