import { type Command, Option } from 'commander'
import type { LearnedTask } from '../policy/prior/learned-prior.ts'
import { STORE_OPTION } from './with-store.ts'
import { requireWritableFolder } from './write-file.ts'

const EXAMPLES = `
The file holds no text of a prompt. It says how traits such as length and demonstrations go with the score. It says which
settings of the model explained what was measured, and what proposers brought. It says on which tasks it helped, each
judged by what was learned on the others.

Examples:
  $ krige learn tickets reviews sums --out prior.json
  $ krige learn tickets table:recorded/sums.json.gz --out prior.json
  $ krige run task.yaml --prior prior.json`

export function registerLearn(program: Command): void {
  program
    .command('learn')
    .description('Learn from studies and recorded tables what helps the next study of another task.')
    .argument('<study|table...>', 'names of studies in the store; table:FILE or table:FOLDER for recorded tables')
    .addOption(new Option('--out <file>', 'where the prior goes').makeOptionMandatory())
    .option(...STORE_OPTION)
    .option('--json', 'print the prior as one JSON object, too')
    .addHelpText('after', EXAMPLES)
    .action(learn)
}

async function learn(sources: readonly string[], flags: { out: string; store?: string; json?: true }): Promise<void> {
  const [{ learnPrior }, { openHistories }, { writeWhole }, { jsonLine }] = await Promise.all([
    import('../policy/prior/learn-prior.ts'),
    import('./open-histories.ts'),
    import('../store/whole-file.ts'),
    import('./terminal.ts'),
  ])
  requireWritableFolder(flags.out)
  const histories = await openHistories(sources, flags.store)
  const prior = learnPrior(histories)
  writeWhole(flags.out, `${JSON.stringify(prior, undefined, 2)}\n`)
  const { tasks } = prior
  process.stderr.write(
    `Learned from ${histories.length} ${histories.length === 1 ? 'history' : 'histories'} of ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}; wrote ${flags.out}.\n`,
  )
  process.stdout.write(flags.json ? jsonLine(prior) : tableOf(tasks))
}

/** What the prior says of each task when it is left out. */
function tableOf(tasks: readonly LearnedTask[]): string {
  if (tasks.length < 2) {
    return 'One task only: whether it helps on others is not known. Give studies of several tasks.\n'
  }
  const width = Math.max(4, ...tasks.map(({ task }) => task.length))
  const lines = tasks.map(({ task, prompts, leftOut }) =>
    [
      task.padEnd(width),
      String(prompts).padStart(7),
      leftOut!.rankCorrelation.toFixed(2).padStart(16),
      `${Math.round(100 * leftOut!.explained)}%`.padStart(9),
      leftOut!.helped ? 'helped' : 'misled',
    ].join('  '),
  )
  const head = [`${'task'.padEnd(width)}`, 'prompts', 'rank correlation', 'explained', 'left out'].join('  ')
  return `${[head, ...lines].join('\n')}\n`
}
