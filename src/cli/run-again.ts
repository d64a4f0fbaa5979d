import { publicModelName } from '../evaluation/models/model-name.ts'
import { shellWord } from '../report/shell-word.ts'
import type { RunFlags } from './run-flags.ts'

/** How to do the same again. */
export function commandLine(taskFile: string, flags: RunFlags, study: string): string {
  const words = ['krige', 'run', taskFile, '--study', `${study}-again`]
  for (const [name, value] of [
    ['policy', flags.policy],
    ['policy-options', flags.policyOptions && JSON.stringify(flags.policyOptions)],
    ['seed', flags.seed],
    ['model', flags.model && publicModelName(flags.model)],
    ['evaluations', flags.evaluations],
    ['calls', flags.calls],
    ['usd', flags.usd],
    ['price', flags.price && `${flags.price.input},${flags.price.output}`],
    ['backend', flags.backend],
  ] as const) {
    if (value !== undefined) words.push(`--${name}`, String(value))
  }
  for (const source of flags.warmStart) words.push('--warm-start', source)
  if (flags.prefer !== undefined) words.push('--prefer', flags.prefer)
  if (flags.prior !== undefined) words.push('--prior', flags.prior)
  if (flags.allowOutside) words.push('--allow-outside')
  return words.map(shellWord).join(' ')
}
