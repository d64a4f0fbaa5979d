import type { Command } from 'commander'
import { EXIT_CODES } from './exit-code.ts'
import { studyCommand, withStore } from './with-store.ts'

export function registerDoctor(program: Command): void {
  studyCommand(program, 'doctor', 'Check a study and say what is wrong with it.')
    .option('--json', 'print the findings as JSON')
    .action(async (study: string, options: { store?: string; json?: boolean }) => {
      const { examineStudy } = await import('../store/doctor.ts')
      const findings = await withStore(options.store, (store) => examineStudy(store, study))
      if (options.json) process.stdout.write(`${JSON.stringify({ study, findings })}\n`)
      else {
        for (const { level, message, remedy } of findings) {
          process.stdout.write(`${level}: ${message}\n${remedy === undefined ? '' : `  ${remedy}\n`}`)
        }
      }
      if (findings.some((finding) => finding.level === 'problem')) process.exitCode = EXIT_CODES.failed
    })
}
