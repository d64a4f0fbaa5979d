import { type Command, Option } from 'commander'
import { InvalidInputError } from '../errors.ts'
import type { Price } from '../run/prices.ts'
import type { Preference } from '../study/preference.ts'
import { numberOption } from './number-options.ts'
import type { RunFlags } from './run-flags.ts'
import { STORE_OPTION } from './with-store.ts'

const PREFERENCES: readonly Preference[] = ['score', 'shorter', 'cheaper', 'faster']

const EXAMPLES = `
Interrupted or killed? The same command resumes where it stopped; nothing that was received is paid for twice.
A larger budget continues a study that is complete.

With --store postgres://… the cells are measured by "krige worker" processes, on any machines; --no-workers measures here.

With KRIGE_OTEL=1 there are OpenTelemetry spans, without texts, for the SDK that NODE_OPTIONS="--import FILE" registers.

Exit codes: 0 done, 1 failed, 2 bad input, 3 budget too small, 130 interrupted.

Examples:
  $ krige run task.yaml --dry-run
  $ krige run task.yaml --open
  $ krige run task.yaml --seed 2 --study triage-2 --json > result.json`

/** @param policies Names of the policies, for the help. */
export function registerRun(program: Command, policies: readonly string[]): void {
  const count = (name: string) => numberOption(name, { integer: true, minimum: 0 })
  program
    .command('run')
    .description('Search for the best prompt of a task within its budget, and compare it with the baseline.')
    .argument('<task.yaml>', 'the task')
    .option('--study <name>', 'name of the study (default: the name of the task)')
    .option(...STORE_OPTION)
    .option(
      '--policy <name>',
      `how to choose what to measure${policies.length > 0 ? `: ${policies.join(', ')}` : ''} (default: krige)`,
    )
    .addOption(
      new Option('--policy-options <json>', 'settings of the policy, such as {"eta":3}').argParser(readPolicyOptions),
    )
    .addOption(
      new Option('--seed <n>', 'seed of every random choice (default: 1)').argParser(
        numberOption('--seed', { integer: true }),
      ),
    )
    .addOption(
      new Option(
        '--warm-start <study|table>',
        'learn from an earlier study or a recorded table (table:FILE); repeatable',
      )
        .argParser((value: string, earlier: readonly string[]) => [...earlier, value])
        .default([], 'none'),
    )
    .option('--prior <file>', 'file that krige learn wrote, instead of the prior of the task')
    .addOption(
      new Option('--prefer <what>', 'of prompts that cannot be told apart from the best, recommend the …').choices(
        PREFERENCES,
      ),
    )
    .option('--dry-run', 'check the task, print the plan and what it costs, and stop')
    .option('--json', 'print the result (or the plan) as one JSON object')
    .option('--open', 'watch it in a browser while it runs: pause, stop, try a prompt of your own')
    .option('--report <file>', 'where the HTML report goes (default: beside the store)')
    .option('--model <model>', 'instead of the model the task names; table:FILE replays a recorded table')
    .addOption(new Option('--price <input,output>', 'dollars per million tokens of the model').argParser(readPrice))
    .addOption(new Option('--evaluations <n>', 'instead of budget.evaluations').argParser(count('--evaluations')))
    .addOption(new Option('--calls <n>', 'instead of budget.calls').argParser(count('--calls')))
    .addOption(new Option('--usd <amount>', 'instead of budget.usd').argParser(numberOption('--usd', { minimum: 0 })))
    .addOption(
      new Option('--concurrency <n>', 'evaluations in flight').argParser(
        numberOption('--concurrency', { integer: true, minimum: 1 }),
      ),
    )
    .addOption(
      new Option(
        '--requests-per-minute <n>',
        'rate limit of the server (default: discovered from 429 responses)',
      ).argParser(numberOption('--requests-per-minute', { above: 0 })),
    )
    .addOption(
      new Option('--tokens-per-minute <n>', 'rate limit in tokens of the server, input and output together').argParser(
        numberOption('--tokens-per-minute', { above: 0 }),
      ),
    )
    .addOption(
      new Option('--threads <n>', 'processor threads of a local model').argParser(
        numberOption('--threads', { integer: true, minimum: 1 }),
      ),
    )
    .option('--no-workers', 'measure here, also where the store is in PostgreSQL')
    .option('--no-cache', 'ask the model again for answers that were paid for before')
    .option('--no-store-text', 'keep hashes instead of prompts in the log and the report, and no answers')
    .option('--backend <name>', 'numeric backend (default: KRIGE_BACKEND, else the fastest)')
    .option('--allow-outside', 'let the task name files outside its folder')
    .addHelpText('after', EXAMPLES)
    .action(async (taskFile: string, flags: RunFlags) => (await import('./run-command.ts')).run(taskFile, flags))
}

function readPolicyOptions(written: string): Readonly<Record<string, unknown>> {
  let options: unknown
  try {
    options = JSON.parse(written)
  } catch {
    options = undefined
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidInputError(`--policy-options is ${written}; expected a JSON object, such as {"eta":3}`, {
      remedy: 'In a shell put it between single quotes: \'{"eta":3}\'.',
    })
  }
  return { ...options }
}

function readPrice(written: string): Price {
  const [input, output, ...rest] = written.split(',').map(numberOption('--price', { minimum: 0 }))
  if (input === undefined || output === undefined || rest.length > 0) {
    throw new InvalidInputError(`--price is "${written}"; expected two numbers, such as 0.15,0.60`)
  }
  return { input, output }
}

/** A table has no answers of prompts that are written now, and a judge of pairs compares what there is. */
