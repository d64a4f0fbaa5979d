import { rmSync } from 'node:fs'
import type { Command } from 'commander'
import type { Store } from '../store/store.ts'
import { forgetStudyResponses } from './open-response-cache.ts'
import { studyCommand, withStore } from './with-store.ts'

export function registerDelete(program: Command): void {
  studyCommand(program, 'delete', 'Remove a study for good: its log, its texts, its report and its cached answers.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ krige export tickets --out tickets.jsonl      # a copy first\n  $ krige delete tickets',
    )
    .action(async (study: string, options: { store?: string }) => {
      const { defaultReportPath } = await import('./report-file.ts')
      const remove = async (store: Store) => {
        await store.delete(study)
        rmSync(defaultReportPath(store, study), { force: true })
        // Last, since it may fail: by then everything else is gone.
        const answers = await forgetStudyResponses(store.location, study)
        process.stderr.write(`Deleted study ${study}, its report and ${answers} cached answers.\n`)
      }
      await withStore(options.store, remove, { readOnly: false })
    })
}
