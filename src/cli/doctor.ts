import type { Command } from 'commander'
import type { Finding } from '../store/doctor.ts'
import { EXIT_CODES } from './exit-code.ts'
import { jsonLine } from './terminal.ts'
import { studyCommand, withStore } from './with-store.ts'

export function registerDoctor(program: Command): void {
  studyCommand(program, 'doctor', 'Check a study and say what is wrong with it.')
    .option('--json', 'print the findings as JSON')
    .option('--accept-loss', 'continue with what is left after lost writes; lost calls are paid for again')
    .addHelpText('after', '\nExamples:\n  $ krige doctor tickets\n  $ krige doctor tickets --accept-loss')
    .action(async (study: string, options: { store?: string; json?: boolean; acceptLoss?: boolean }) => {
      const { examineStudy, findingOf } = await import('../store/doctor.ts')
      const how = options.acceptLoss ? { acceptLoss: true } : { readOnly: true }
      let findings: Finding[]
      try {
        findings = await withStore(options.store, (store) => examineStudy(store, study), how)
      } catch (error) {
        const finding = findingOf(error)
        if (!finding) throw error
        findings = [finding]
      }
      if (options.json) process.stdout.write(jsonLine({ study, findings }))
      else {
        for (const { level, message, remedy } of findings) {
          process.stdout.write(`${level}: ${message}\n${remedy === undefined ? '' : `  ${remedy}\n`}`)
        }
      }
      if (findings.some((finding) => finding.level === 'problem')) process.exitCode = EXIT_CODES.failed
    })
}
