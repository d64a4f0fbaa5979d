import { type Command, Option } from 'commander'
import type { Store } from '../store/store.ts'
import { writeWhole } from '../store/whole-file.ts'
import { jsonLine, writeData } from './terminal.ts'
import { studyCommand, withStore } from './with-store.ts'

const FORMATS = ['html', 'md', 'json', 'csv', 'jsonl'] as const
type Format = (typeof FORMATS)[number]

interface ReportFlags {
  readonly store?: string
  readonly format: Format
  readonly terminal?: true
  readonly out?: string
}

export function registerReport(program: Command): void {
  studyCommand(program, 'report', 'Write the report of a study: a page, or its numbers.')
    .addOption(
      new Option(
        '--format <format>',
        'html: one page that needs nothing else; md: Markdown; json: all of it; csv, jsonl: one row per prompt',
      )
        .choices(FORMATS)
        .default('html'),
    )
    .addOption(new Option('--terminal', 'print it for reading here').conflicts(['format', 'out']))
    .option('--out <file>', 'where to write it (default: html beside the store, the others to standard output)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ krige report tickets\n  $ krige report tickets --terminal\n  $ krige report tickets --format json | jq .winner.text\n  $ krige report tickets --format md --out report.md',
    )
    .action(async (study: string, options: ReportFlags) => {
      await withStore(options.store, async (store) => {
        if (options.format === 'html' && !options.terminal) {
          const { defaultReportPath, writeReport } = await import('./report-file.ts')
          const path = await writeReport(store, study, options.out ?? defaultReportPath(store, study))
          process.stdout.write(`${path}\n`)
          return
        }
        const text = await reportText(store, study, options)
        if (options.out !== undefined) writeWhole(options.out, text)
        // For a terminal or for a person: nothing that a model wrote may steer it. Data goes out byte by byte.
        else if (options.terminal || options.format === 'md') process.stdout.write(text)
        else await writeData([text])
      })
    })
}

async function reportText(store: Store, study: string, { format, terminal }: ReportFlags): Promise<string> {
  const { readReport } = await import('./report-file.ts')
  const { state, costs } = await readReport(store, study)
  if (format === 'csv') {
    const { toCsv } = await import('./export-formats.ts')
    return toCsv(state)
  }
  const { summarizeReport } = await import('../report/summary.ts')
  const summary = summarizeReport(state, costs)
  if (format === 'json') return `${JSON.stringify(summary, undefined, 2)}\n`
  if (format === 'jsonl') return summary.prompts.map(jsonLine).join('')
  const { reportLines, reportMarkdown } = await import('../report/report-text.ts')
  return terminal ? reportLines(summary, process.stdout.columns || 80) : reportMarkdown(summary)
}
