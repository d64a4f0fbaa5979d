import { type Command, Option } from 'commander'
import type { TablesFlags } from './bench-tables-command.ts'
import { nameListOption, numberListOption, numberOption } from './number-options.ts'

const EXAMPLES = `
The budget of a run is full-evaluations × search examples × fraction, rounded down; it is never exceeded. Every
(table, repeat, fraction) has a seed derived from --seed and the same for all policies, so their runs are paired.
error = (best − chosen)/(best − worst) of the prompts' means over the search examples; standard errors are over tasks.

Examples:
  $ krige bench tables data/tables --policy krige,successive-halving
  $ krige bench tables navigate.json --policy krige --fractions 0.25,1 --repeats 5 --jobs 2 --json results.json
  $ krige bench tables data/tables --variants ablations.json --json ablations-results.json
      where ablations.json is {"krige": {"policy": "krige"}, "krige η=3": {"policy": "…", "options": {…}, "shuffleText": false,
      "warmStart": {"tables": ["earlier.json"], "history": "study", "reversed": false}}}
  Interrupted? The same command with the same --json FILE continues where it stopped.`

export function registerBenchTables(bench: Command): void {
  const fractions = numberListOption('--fractions', { above: 0 })
  const positive = { integer: true, minimum: 1 }
  bench
    .command('tables')
    .description('Replay policies against recorded tables (table/1) under hard budgets.')
    .argument('<file|dir...>', 'tables, .json or .json.gz, or directories of them')
    .addOption(new Option('--policy <names>', 'policies, separated by commas').argParser(nameListOption('--policy')))
    .option('--variants <file>', 'JSON file of policies with settings: {"label": {"policy", "options"}}')
    .addOption(
      new Option('--full-evaluations <n>', 'budget, in evaluations of one prompt on all search examples')
        .argParser(numberOption('--full-evaluations', { above: 0 }))
        .default(25),
    )
    .addOption(
      new Option('--fractions <list>', 'fractions of the budget; each is an independent run')
        .argParser(fractions)
        .default([0.25, 0.5, 1], '0.25,0.5,1'),
    )
    .addOption(
      new Option('--repeats <n>', 'repeats, each with its own order of examples')
        .argParser(numberOption('--repeats', positive))
        .default(30),
    )
    .addOption(
      new Option('--seed <n>', 'seed of everything random')
        .argParser(numberOption('--seed', { integer: true, minimum: 0 }))
        .default(1),
    )
    .addOption(new Option('--jobs <n>', 'threads').argParser(numberOption('--jobs', positive)).default(1))
    .option('--json <file>', 'write every run to FILE as it comes; continue a FILE that is there')
    .option('--details', 'also record seconds, intervals and true means of every choice')
    .addOption(
      new Option('--estimand <which>', 'estimand given to policies (errors are always computed on the search examples)')
        .choices(['set', 'population'])
        .default('set'),
    )
    .option(
      '--warm-start <table...>',
      'tables or directories that --policy starts from: each table learns from the others of its task',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (paths: readonly string[], flags: TablesFlags) => {
      const { runTablesCommand } = await import('./bench-tables-command.ts')
      await runTablesCommand(paths, flags)
    })
}
