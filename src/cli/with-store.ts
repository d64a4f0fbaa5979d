import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { InvalidInputError } from '../errors.ts'
import { DEFAULT_STORE } from '../store/default-store.ts'
import { isPostgres } from '../store/postgres/address.ts'
import type { SqliteFileOptions } from '../store/sqlite-file.ts'
import type { Store } from '../store/store.ts'

export const STORE_OPTION = [
  '--store <url>',
  `where studies are kept: a file, sqlite:FILE, postgres://… or memory: (default: KRIGE_STORE, else ${DEFAULT_STORE})`,
] as const

/** What to do about a study that was opened and then left at once. */
export const EMPTY_STUDY =
  'It ended before anything was recorded: start it again with krige run, or remove it with krige delete.'

/** The store an option, else the environment, else the default names. */
export function storeAddress(option: string | undefined): string {
  return option ?? process.env['KRIGE_STORE'] ?? DEFAULT_STORE
}

/**
 * Runs work on a store that exists, and closes it. Looking at a study makes no empty store, and writes nothing unless
 * told that it may.
 */
export async function withStore<Result>(
  option: string | undefined,
  work: (store: Store) => Promise<Result>,
  options: SqliteFileOptions = { readOnly: true },
): Promise<Result> {
  const { openStore, storeFile } = await import('../store/open-store.ts')
  const address = storeAddress(option)
  if (address !== 'memory:' && !isPostgres(address) && !existsSync(storeFile(address))) {
    throw new InvalidInputError(`there is no store at ${storeFile(address)}`, {
      remedy: 'Start a study with `krige run task.yaml`, or name the right store with --store.',
    })
  }
  const store = await openStore(address, options)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** Adds a command that works on one stored study. */
export function studyCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('<study>', 'name of the study')
    .option(...STORE_OPTION)
}
