import type { Command } from 'commander'
import { requireWritableFolder } from './write-file.ts'

const EXAMPLES = `
Runs are paired by table and repeat; intervals and ranks are over tasks, because tables of one task share their prompts.

Examples:
  $ krige bench compare results.json
  $ krige bench compare krige.json methods.json --reference successive-halving --html comparison.html`

interface CompareFlags {
  readonly reference?: string
  readonly html?: string
  readonly svg?: string
  readonly json?: string
}

export function registerBenchCompare(bench: Command): void {
  bench
    .command('compare')
    .description('Compare policies: paired differences with intervals, ranks, curves and critical differences.')
    .argument('<result.json...>', 'files written by `krige bench tables … --json FILE`, or by `krige bench functions`')
    .option('--reference <policy>', 'what the others are compared with (default: krige, else the best)')
    .option('--html <file>', 'write a page with tables and pictures')
    .option('--svg <file>', 'write the pictures')
    .option('--json <file>', 'write the comparison')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: readonly string[], flags: CompareFlags) => {
      const { readFunctionResults } = await import('./function-results.ts')
      const functions = await readFunctionResults([...new Set(paths)])
      if (functions) {
        const { functionsText } = await import('./functions-text.ts')
        process.stdout.write(functionsText(functions))
        return
      }
      const [{ writeWhole }, { readResults }, { compareResults }, { compareText }, { compareHtml }, { compareSvg }] =
        await Promise.all([
          import('../store/whole-file.ts'),
          import('../bench/tables/bench-results.ts'),
          import('../bench/compare/compare-results.ts'),
          import('../bench/compare/compare-text.ts'),
          import('../bench/compare/compare-html.ts'),
          import('../bench/compare/compare-svg.ts'),
        ])
      for (const file of [flags.html, flags.svg, flags.json]) if (file !== undefined) requireWritableFolder(file)
      const files = await Promise.all(
        [...new Set(paths)].map(async (file) => ({ file, results: await readResults(file) })),
      )
      const comparison = compareResults(files, flags.reference)
      if (flags.html !== undefined) writeWhole(flags.html, compareHtml(comparison))
      if (flags.svg !== undefined) writeWhole(flags.svg, compareSvg(comparison))
      if (flags.json !== undefined) writeWhole(flags.json, `${JSON.stringify(comparison, null, 2)}\n`)
      process.stdout.write(compareText(comparison))
    })
}
