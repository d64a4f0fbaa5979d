import type { Command } from 'commander'
import { studyCommand, withStore } from './with-store.ts'

export function registerReport(program: Command): void {
  studyCommand(program, 'report', 'Write the HTML report of a study.')
    .option('--out <file>', 'where to write it (default: beside the store)')
    .action(async (study: string, options: { store?: string; out?: string }) => {
      const { defaultReportPath, writeReport } = await import('./report-file.ts')
      await withStore(options.store, async (store) => {
        const path = await writeReport(store, study, options.out ?? defaultReportPath(store, study))
        process.stdout.write(`${path}\n`)
      })
    })
}
