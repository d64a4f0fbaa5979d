import { type Command, Option } from 'commander'
import { nameListOption, numberOption } from './number-options.ts'

interface FunctionsFlags {
  readonly sampler: readonly string[]
  readonly evaluations: number
  readonly repeats: number
  readonly seed: number
  readonly json?: string
}

const EXAMPLES = `
Regret is the best true value so far minus the optimum. ackley5 has its optimum moved to (7.3, −11.9, 3.1, −5.7, 14.2);
names ending in -noisy are measured with noise, and judged without.

Examples:
  $ krige bench functions branin,hartmann6,ackley5 --sampler gp,tpe,random --repeats 20
  $ krige bench functions branin --sampler gp --evaluations 50 --repeats 5 --json branin.json`

export function registerBenchFunctions(bench: Command): void {
  const positive = { integer: true, minimum: 1 }
  bench
    .command('functions')
    .description('Run numeric samplers on test functions.')
    .argument('<names>', 'functions, separated by commas', nameListOption('<names>'))
    .addOption(
      new Option('--sampler <names>', 'samplers, separated by commas')
        .argParser(nameListOption('--sampler'))
        .default(['gp', 'tpe', 'random'], 'gp,tpe,random'),
    )
    .addOption(
      new Option('--evaluations <n>', 'evaluations of a run')
        .argParser(numberOption('--evaluations', positive))
        .default(100),
    )
    .addOption(
      new Option('--repeats <n>', 'runs of every sampler on every function')
        .argParser(numberOption('--repeats', positive))
        .default(20),
    )
    .addOption(
      new Option('--seed <n>', 'seed of everything random')
        .argParser(numberOption('--seed', { integer: true, minimum: 0 }))
        .default(1),
    )
    .option('--json <file>', 'write every run to FILE')
    .addHelpText('after', EXAMPLES)
    .action(async (functions: readonly string[], flags: FunctionsFlags) => {
      const [
        { runFunctions },
        { functionsText },
        { createBackend },
        { createProgressLine },
        { requireWritableFolder, writeJsonFile },
      ] = await Promise.all([
        import('../bench/functions/run-functions.ts'),
        import('./functions-text.ts'),
        import('../numerics/linalg/index.ts'),
        import('./progress-line.ts'),
        import('./write-file.ts'),
      ])
      if (flags.json !== undefined) requireWritableFolder(flags.json)
      const line = createProgressLine(process.stderr)
      const { evaluations, repeats, seed } = flags
      const result = runFunctions({
        functions,
        samplers: flags.sampler,
        evaluations,
        repeats,
        seed,
        backend: createBackend(process.env['KRIGE_BACKEND'] || undefined),
        onRun: (run, done, total) =>
          line.show(`${done} of ${total} runs (${run.function}, ${run.sampler})`, { done, total }),
      })
      line.end()
      if (flags.json !== undefined) writeJsonFile(flags.json, result)
      process.stdout.write(functionsText(result))
    })
}
