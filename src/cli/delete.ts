import { rmSync } from 'node:fs'
import type { Command } from 'commander'
import { studyCommand, withStore } from './with-store.ts'

export function registerDelete(program: Command): void {
  studyCommand(program, 'delete', 'Remove a study for good: its log, its texts and its report.').action(
    async (study: string, options: { store?: string }) => {
      const { defaultReportPath } = await import('./report-file.ts')
      await withStore(options.store, async (store) => {
        await store.delete(study)
        rmSync(defaultReportPath(store, study), { force: true })
        process.stderr.write(`Deleted study ${study}.\n`)
      })
    },
  )
}
