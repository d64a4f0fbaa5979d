import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { InvalidInputError } from '../errors.ts'
import { DEFAULT_LOCAL_MODEL as MODEL } from '../evaluation/models/known-names.ts'
import { DEFAULT_STORE } from '../store/default-store.ts'
import { numberOption } from './number-options.ts'

interface QuickstartFlags {
  readonly live?: boolean
  readonly seed?: number
  readonly threads?: number
  readonly json?: boolean
}

const TASKS = 'data/tasks/ticket-triage'

const EXAMPLES = `
The replay needs no model and gives the same numbers on every machine. Live, Krige starts from one prompt and writes others.

Examples:
  $ npm run quickstart
  $ npm run quickstart -- --seed 2
  $ npm run quickstart -- --live          # fetches the model first (1.1 GB)`

export function registerQuickstart(program: Command): void {
  program
    .command('quickstart')
    .description(`Find a better prompt for sorting support tickets, from the recorded answers of ${MODEL}.`)
    .option('--live', 'from one prompt, with the model itself on this machine')
    .addOption(
      new Option('--seed <n>', 'seed of every random choice').argParser(numberOption('--seed', { integer: true })),
    )
    .addOption(
      new Option('--threads <n>', 'processor threads of the model').argParser(
        numberOption('--threads', { integer: true, minimum: 1 }),
      ),
    )
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(quickstart)
}

async function quickstart({ live, seed, threads, json }: QuickstartFlags): Promise<void> {
  const root = relative('.', join(dirname(fileURLToPath(import.meta.url)), '..', '..'))
  if (!existsSync(join(root, TASKS))) {
    throw new InvalidInputError('the quickstart needs a source checkout', {
      remedy: 'Start a task of your own: krige init',
    })
  }
  if (live) await (await import('./models.ts')).pull([MODEL], {})
  process.stderr.write(
    live
      ? `Live: ${MODEL} runs on this machine.\n`
      : `Replaying the recorded answers of ${MODEL}; to run it here, from one prompt: npm run quickstart -- --live\n`,
  )
  const study = `quickstart-${live ? 'live' : 'replay'}-${seed ?? 1}`
  if (!live) await forget(study)
  const { run } = await import('./run-command.ts')
  await run(join(root, TASKS, live ? 'task-one-prompt.yaml' : 'task-instruct.yaml'), {
    study,
    store: DEFAULT_STORE,
    warmStart: [],
    ...(live ? {} : { model: `table:${join(root, `data/instruct/ticket-triage.${MODEL}.json.gz`)}` }),
    ...(seed === undefined ? {} : { seed }),
    ...(threads === undefined ? {} : { threads }),
    ...(json ? { json: true } : {}),
  })
}

/** A replay takes seconds and costs nothing: it starts anew each time. */
async function forget(study: string): Promise<void> {
  if (!existsSync(DEFAULT_STORE)) return
  const { openStore } = await import('../store/open-store.ts')
  const store = await openStore(DEFAULT_STORE)
  try {
    if (await store.find(study)) await store.delete(study)
  } finally {
    await store.close()
  }
}
