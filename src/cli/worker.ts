import { type Command, Option } from 'commander'
import { InvalidInputError } from '../errors.ts'
import { isPostgres } from '../store/postgres/address.ts'
import type { Task } from '../task/task.ts'
import type { SharedTask } from '../worker/shared-task.ts'
import { modelsFolder } from './cache-folder.ts'
import { listenForInterrupts } from './interrupts.ts'
import { numberOption } from './number-options.ts'
import { openResponseCache } from './open-response-cache.ts'
import { openTaskSimilarity } from './open-task-embedder.ts'
import { STORE_OPTION, storeAddress } from './with-store.ts'

interface WorkerFlags {
  readonly store?: string
  readonly study?: string
  readonly concurrency: number
  readonly threads?: number
  readonly allowOutside?: boolean
  /** False with `--no-cache`. */
  readonly cache?: boolean
}

const HELP = `
A worker measures what "krige run task.yaml --store postgres://…" proposes, on this or any machine. It needs the store
and, for a model that wants one, a key in its environment. Budget and rate limits are those of the run, whatever the
number of workers. Ctrl-C finishes what is under way; a worker that is killed loses nothing that it has told.

A task with a module, a program or a command that prints a key is measured only where its file is: name the file. With files,
no other study is measured.

Examples:
  $ krige worker --store postgres://krige:PASSWORD@db.example.com/studies
  $ krige worker --store postgres://db/studies --concurrency 16
  $ krige worker triage/task.yaml --store postgres://db/studies`

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('Measure for runs that share a store in PostgreSQL.')
    .argument('[task.yaml...]', 'files of tasks with code of their own')
    .option(...STORE_OPTION)
    .option('--study <name>', 'only this study (default: all)')
    .addOption(
      new Option('--concurrency <n>', 'cells at once')
        .argParser(numberOption('--concurrency', { integer: true, minimum: 1 }))
        .default(8),
    )
    .addOption(
      new Option('--threads <n>', 'processor threads of a local model').argParser(
        numberOption('--threads', { integer: true, minimum: 1 }),
      ),
    )
    .option('--no-cache', 'ask the model again for answers that were paid for before')
    .option('--allow-outside', 'let tasks name files outside their folders')
    .addHelpText('after', HELP)
    .action(startWorker)
}

async function startWorker(files: readonly string[], flags: WorkerFlags): Promise<void> {
  const address = storeAddress(flags.store)
  if (!isPostgres(address)) {
    throw new InvalidInputError('a worker needs a store that machines can share', {
      where: '--store or KRIGE_STORE',
      remedy: 'Use --store postgres://…, the same as `krige run`.',
    })
  }
  const [{ loadTask }, { openStore }, { work }] = await Promise.all([
    import('../task/load-task.ts'),
    import('../store/open-store.ts'),
    import('../worker/work.ts'),
  ])
  const tasks = files.map((file) => loadTask(file, { allowOutside: flags.allowOutside ?? false }))
  const say = (notice: string) => void process.stderr.write(`${notice}\n`)
  // Makes the tables where this process is the first.
  const store = await openStore(address)
  const { location } = store
  await store.close()
  say(`Waiting for cells from ${location}; Ctrl-C ends.`)
  const interrupt = listenForInterrupts('Finishing what is under way; Ctrl-C again to stop at once.')
  let cells = 0
  try {
    await work({
      address,
      tasks,
      slots: flags.concurrency,
      ...(flags.study === undefined ? {} : { study: flags.study }),
      signal: interrupt.signal,
      onNotice: say,
      onCell: () => cells++,
      open: (task, study) => openWorkerEvaluator(task, study, location, flags, say),
    })
  } finally {
    interrupt.close()
  }
  say(`Measured ${cells} cells.`)
}

async function openWorkerEvaluator(
  task: Task | SharedTask,
  study: string,
  location: string,
  flags: WorkerFlags,
  onNotice: (notice: string) => void,
) {
  const { openEvaluator } = await import('../evaluation/open-evaluator.ts')
  const folder = 'folder' in task ? task.folder : process.cwd()
  // Limits are kept where all calls are granted, for all workers together.
  const { requestsPerMinute: _, tokensPerMinute: __, ...modelSettings } = task.modelSettings ?? {}
  return openEvaluator(
    { ...task, folder, modelSettings },
    {
      modelsFolder: modelsFolder(process.env),
      environment: process.env,
      folder,
      concurrency: flags.concurrency,
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
      onNotice,
      ...(flags.cache === false ? {} : { cache: await openResponseCache(location, study, onNotice) }),
      similarity: openTaskSimilarity({ embedder: task.embedder, folder }),
    },
  )
}
