import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { counted } from '../report/numbers.ts'
import { shellWord } from '../report/shell-word.ts'
import { commandName } from './command-name.ts'
import { jsonLine } from './terminal.ts'

interface ImportFlags {
  readonly out?: string
  readonly model?: string
  readonly judge?: string
  readonly rubric?: string
  readonly allowOutside?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Nothing of the configuration is run, and nothing is left out silently. What has no counterpart is listed on stderr, alike things once, and
under "findings" of --json. krige help promptfoo says what an import understands.

Exit codes: 0 a task was written, 2 nothing usable remains.

Examples:
  $ krige import promptfoo promptfooconfig.yaml
  $ krige import promptfoo evals/promptfooconfig.yaml --out tasks/evals --model openai-compatible:http://127.0.0.1:8080/v1#llama
  $ krige run tasks/evals/task.yaml --dry-run`

export function registerImport(program: Command): void {
  program
    .command('import')
    .description("Make a task of another tool's configuration.")
    .addHelpText('after', '\nExamples:\n  $ krige import promptfoo promptfooconfig.yaml')
    .command('promptfoo')
    .description('Turn the prompts, providers, tests and assertions of a promptfoo configuration into a task.')
    .argument('<config>', 'promptfooconfig.yaml (or .json)')
    .option('--out <folder>', 'where the task goes (default: a folder krige beside the configuration)')
    .option('--model <model>', 'instead of the first provider that has a counterpart')
    .option('--judge <model>', 'model that grades rubrics, instead of the grader in the configuration')
    .option('--rubric <text>', 'criteria for a judge in tests that have nothing else to check')
    .option('--allow-outside', 'let the configuration name files outside its folder')
    .option('--json', 'print what was made and what was not as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(importConfig)
}

/** Does what `krige import promptfoo` does. */
export async function importConfig(config: string, flags: ImportFlags): Promise<void> {
  const [{ findingLines, importPromptfoo }, { writeImport }] = await Promise.all([
    import('../interop/promptfoo/import-promptfoo.ts'),
    import('../interop/promptfoo/write-import.ts'),
  ])
  const imported = importPromptfoo(config, {
    allowOutside: flags.allowOutside ?? false,
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.judge === undefined ? {} : { judge: flags.judge }),
    ...(flags.rubric === undefined ? {} : { rubric: flags.rubric }),
  })
  const folder = flags.out ?? join(dirname(config), 'krige')
  const files = writeImport(imported, folder, basename(config))
  const { examples, prompts, assertions, findings } = imported
  for (const line of findingLines(findings)) process.stderr.write(`${line}\n`)
  const checks = Object.entries(assertions).map(([type, count]) => `${count} ${type}`)
  process.stderr.write(
    `${counted(prompts.length, 'prompt')}, ${counted(examples.length, 'example')}, checks: ${checks.join(', ')}. Wrote ${files.join(', ')}.\nNext: ${commandName(process.env)} run ${shellWord(files[0]!)} --dry-run\n`,
  )
  if (flags.json) {
    const made = { task: files[0], prompts: prompts.length, examples: examples.length, assertions, findings }
    process.stdout.write(jsonLine(made))
  }
}
