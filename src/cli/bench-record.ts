import { type Command, Option } from 'commander'
import { ConflictError, InvalidInputError } from '../errors.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { RecordedTable } from '../recording/record-table.ts'
import { type TableAgreement, tableAgreement } from '../recording/table-agreement.ts'
import { count, counted } from '../report/numbers.ts'
import { durationText } from '../text/duration-text.ts'
import { modelsFolder } from './cache-folder.ts'
import { listenForInterrupts } from './interrupts.ts'
import { numberOption } from './number-options.ts'
import { jsonLine } from './terminal.ts'

interface RecordFlags {
  readonly out: string
  readonly examples?: number
  readonly holdout?: number
  readonly prompts?: number
  readonly threads?: number
  readonly sequences?: number
  readonly model?: string
  readonly check?: string
  readonly from?: string
  readonly allowOutside?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Every cell is kept in FILE.partial.jsonl as it is measured. Interrupted or killed? The same command goes on.

Examples:
  $ krige bench record data/tasks/ticket-triage/task.yaml --out ticket-triage.json.gz
  $ krige bench record task.yaml --out small.json --examples 60 --holdout 20 --prompts 40 --threads 1
  $ krige bench record task.yaml --out larger.json --from small.json
  $ krige bench record task.yaml --out again.json --prompts 12 --check small.json   # is it repeatable?`

/** The share of cells in which a recording made again agrees, or else something differs that should not. */
const WHOLE_AGREEMENT = 0.99
/**
 * The same for a part. A local model's rounding depends on what it evaluated just before, and greedy decoding turns
 * near ties. A part recorded apart differs in a cell or two of a hundred, most of them in one row.
 */
const PART_AGREEMENT = 0.9

export function registerBenchRecord(bench: Command): void {
  const count = { integer: true, minimum: 1 }
  bench
    .command('record')
    .description('Evaluate a whole pool on examples with the real model, into a replay table (table/1).')
    .argument('<task.yaml>', 'the task')
    .requiredOption('--out <file>', 'the table, .json or .json.gz')
    .addOption(
      new Option('--examples <n>', 'examples in all, search first').argParser(numberOption('--examples', count)),
    )
    .addOption(
      new Option('--holdout <k>', 'how many of them are held out (last columns)').argParser(
        numberOption('--holdout', { integer: true, minimum: 0 }),
      ),
    )
    .addOption(
      new Option('--prompts <n>', 'prompts; the baseline is among them').argParser(numberOption('--prompts', count)),
    )
    .addOption(
      new Option('--threads <n>', 'processor threads of a local model').argParser(numberOption('--threads', count)),
    )
    .addOption(
      new Option('--sequences <n>', 'prompts a local model works on side by side').argParser(
        numberOption('--sequences', count),
      ),
    )
    .option('--model <model>', 'instead of the model the task names')
    .option('--from <table>', 'take what an earlier recording has: measure only new prompts and examples')
    .option('--check <table>', 'compare with an earlier recording, cell by cell')
    .option('--allow-outside', 'let the task name files outside its folder')
    .option('--json', 'print what was written as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(record)
}

async function record(taskFile: string, flags: RecordFlags): Promise<void> {
  const [
    { loadTask },
    { openEvaluator },
    { createMemoryResponseCache },
    { recordTable },
    { loadTable },
    { restrictToTable },
    { createProgressLine },
    files,
  ] = await Promise.all([
    import('../task/load-task.ts'),
    import('../evaluation/open-evaluator.ts'),
    import('../evaluation/response-cache.ts'),
    import('../recording/record-table.ts'),
    import('../recording/load-table.ts'),
    import('../recording/table-evaluator.ts'),
    import('./progress-line.ts'),
    import('./write-file.ts'),
  ])
  if (!/\.json(\.gz)?$/.test(flags.out)) {
    throw new InvalidInputError(`--out is ${flags.out}; expected a name that ends in .json or .json.gz`)
  }
  files.requireWritableFolder(flags.out)
  const task = loadTask(taskFile, {
    allowOutside: flags.allowOutside ?? false,
    ...(flags.model === undefined ? {} : { overrides: { model: flags.model } }),
  })
  const reference = flags.check === undefined ? undefined : await loadTable(flags.check)
  const from = flags.from === undefined ? undefined : await loadTable(flags.from)
  // Refused now, not after hours of recording.
  if (reference) restrictToTable(task, reference)
  const evaluator = await openEvaluator(task, {
    modelsFolder: modelsFolder(process.env),
    environment: process.env,
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.sequences === undefined ? {} : { sequences: flags.sequences }),
    onNotice: (notice) => process.stderr.write(`${notice}\n`),
    // Prompts of a program often share a stage: the same call is made once. A fresh recording asks everything again.
    cache: createMemoryResponseCache(),
    // A dead connection hours into a recording is worth more patience than a search has.
    retry: { attempts: 6 },
  })
  const interrupts = listenForInterrupts('Stopping: the same command goes on from here.')
  const progress = createProgressLine(process.stderr)
  const started = Date.now()
  const partialFile = `${flags.out}.partial.jsonl`
  try {
    const table = await recordTable({
      task,
      evaluator,
      model: task.model === undefined ? 'program' : publicModelName(task.model),
      partialFile,
      ...(flags.examples === undefined ? {} : { examples: flags.examples }),
      ...(flags.holdout === undefined ? {} : { holdout: flags.holdout }),
      ...(flags.prompts === undefined ? {} : { prompts: flags.prompts }),
      ...(from === undefined ? {} : { from }),
      provenance: {
        identity: evaluator.modelIdentity ?? null,
        template: task.template?.source ?? null,
        ...(task.template?.system ? { system: task.template.system.source } : {}),
        metric: task.metric,
        sampling: task.sampling,
        date: new Date().toISOString().slice(0, 10),
        command: `krige bench record ${process.argv.slice(4).map(publicModelName).join(' ')}`,
      },
      signal: interrupts.signal,
      onProgress: ({ done, total, failures, measured, prompt }) => {
        const seconds = (Date.now() - started) / 1000
        const left = ((total - done) * seconds) / measured
        const failed = failures > 0 ? `, ${failures} failed` : ''
        progress.show(
          `${done}/${total} cells${failed}, ${(measured / seconds).toFixed(1)}/s, about ${durationText(left)} left, ${prompt}`,
          { done, total },
        )
      },
    })
    files.writeJsonFile(flags.out, table)
    const { rmSync } = await import('node:fs')
    rmSync(partialFile, { force: true })
    progress.end()
    const agreement = reference && tableAgreement(await loadTable(flags.out), reference)
    const summary = {
      table: flags.out,
      prompts: table.prompts.length,
      examples: table.examples,
      holdout: table.holdout,
      ...(agreement ? { agreement } : {}),
    }
    process.stdout.write(flags.json ? jsonLine(summary) : describe(summary, flags.check))
    const required = agreement?.cells === reference?.scores.length ? WHOLE_AGREEMENT : PART_AGREEMENT
    if (agreement && agreement.agreeing < required * agreement.cells) {
      throw new ConflictError(
        `${flags.out} agrees with ${flags.check} on ${agreement.agreeing} of ${agreement.cells} cells`,
        {
          remedy: `Most differ for ${agreement.differing[0]!.id}. Compare provenance.identity, template, metric and sampling of both tables.`,
        },
      )
    }
  } finally {
    progress.end()
    interrupts.close()
    await evaluator.close()
  }
}

function describe(
  {
    table,
    prompts,
    examples,
    holdout,
    agreement,
  }: Pick<RecordedTable, 'examples' | 'holdout'> & {
    readonly table: string
    readonly prompts: number
    readonly agreement?: TableAgreement
  },
  reference: string | undefined,
): string {
  const written = `${table}: ${counted(prompts, 'prompt')} × ${counted(examples, 'example')} (${count(holdout)} held out)\n`
  if (!agreement) return written
  const share = ((100 * agreement.agreeing) / agreement.cells).toFixed(1)
  return `${written}agrees with ${reference} on ${agreement.agreeing} of ${agreement.cells} cells (${share}%)\n`
}
