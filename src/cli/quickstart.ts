import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { InvalidInputError, KrigeError } from '../errors.ts'
import { modelsFolder } from './cache-folder.ts'
import { numberOption } from './number-options.ts'

interface QuickstartFlags {
  readonly live?: boolean
  readonly replay?: boolean
  readonly seed?: number
  readonly json?: boolean
}

const MODEL = 'gemma-3-270m'
const STORE = '.krige/quickstart.db'
/**
 * Search and holdout together: about ten full evaluations on the recorded answers, two of 60 examples with a local model,
 * where every first look at a prompt takes most of a second.
 */
const EVALUATIONS = { replay: 720, live: 120 } as const

export function registerQuickstart(program: Command): void {
  program
    .command('quickstart')
    .description('Choose among 168 prompts that sort support tickets: with a local model, or on its recorded answers.')
    .option('--live', 'fetch a small local model first (250 MB)')
    .option('--replay', 'use the recorded answers even where the model is present')
    .addOption(
      new Option('--seed <n>', 'seed of every random choice').argParser(numberOption('--seed', { integer: true })),
    )
    .option('--json', 'print the result as one JSON object')
    .action(quickstart)
}

async function quickstart(flags: QuickstartFlags): Promise<void> {
  const root = relative('.', join(dirname(fileURLToPath(import.meta.url)), '..', '..'))
  const task = join(root, 'data/tasks/ticket-triage/quickstart.yaml')
  if (!existsSync(task)) {
    throw new InvalidInputError('the quickstart needs a source checkout', {
      remedy: 'Start a task of your own: krige init',
    })
  }
  if (flags.live) await (await import('./models.ts')).pull([MODEL], {})
  const live = !flags.replay && (await hasModel())
  process.stderr.write(
    live
      ? `Live: ${MODEL} runs on this machine.\n`
      : `Replaying the recorded answers of ${MODEL}; for a live run: npm run quickstart -- --live\n`,
  )
  const study = `quickstart-${live ? 'live' : 'replay'}-${flags.seed ?? 1}`
  if (!live) await forget(study)
  const { run } = await import('./run.ts')
  await run(task, {
    study,
    store: STORE,
    warmStart: [],
    model: live ? `gguf:${MODEL}#raw` : `table:${join(root, `data/tables/ticket-triage.${MODEL}.json.gz`)}`,
    evaluations: live ? EVALUATIONS.live : EVALUATIONS.replay,
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.json ? { json: true } : {}),
  })
}

async function hasModel(): Promise<boolean> {
  const { findGguf } = await import('../evaluation/models/find-gguf.ts')
  try {
    findGguf(MODEL, modelsFolder(process.env))
    return true
  } catch (error) {
    if (KrigeError.isInstance(error) && error.code === 'unavailable') return false
    throw error
  }
}

/** A replay takes seconds and costs nothing: it starts anew each time. */
async function forget(study: string): Promise<void> {
  if (!existsSync(STORE)) return
  const { openStore } = await import('../store/open-store.ts')
  const store = openStore(STORE)
  try {
    if (await store.find(study)) await store.delete(study)
  } finally {
    await store.close()
  }
}
