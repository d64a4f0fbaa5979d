import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { InvalidInputError } from '../errors.ts'
import type { Answer } from '../store/read-answers.ts'
import type { Store } from '../store/store.ts'
import { jsonLine } from './terminal.ts'
import { EMPTY_STUDY, studyCommand, withStore } from './with-store.ts'

interface AnswersOptions {
  readonly store?: string
  readonly prompt?: string
  readonly example?: number
  readonly json?: true
}

export function registerAnswers(program: Command): void {
  studyCommand(program, 'answers', 'Show what prompts answered, and why it scored so.')
    .option('--prompt <id>', 'only this prompt (default: all of them, in the order of the pool)')
    .option('--example <n>', 'only this example, counted from 0', wholeNumber)
    .option('--json', 'print one JSON object per answer, with its calls')
    .addHelpText(
      'after',
      '\nExamples:\n  $ krige answers tickets --prompt p7\n  $ krige answers tickets --example 3\n  $ krige answers tickets --json | jq .feedback',
    )
    .action(async (study: string, options: AnswersOptions) => {
      await withStore(options.store, (store) => showAnswers(store, study, options))
    })
}

async function showAnswers(store: Store, study: string, { prompt, example, json }: AnswersOptions): Promise<void> {
  const { loadStudy } = await import('../store/load-study.ts')
  const { readAnswers } = await import('../store/read-answers.ts')
  const fold = await loadStudy(store, study)
  if (!fold) throw new InvalidInputError(`study ${JSON.stringify(study)} is empty`, { remedy: EMPTY_STUDY })
  const { state } = fold
  const candidate = prompt === undefined ? undefined : state.indexById.get(prompt)
  if (prompt !== undefined && candidate === undefined) {
    throw new InvalidInputError(`study ${study} has no prompt ${JSON.stringify(prompt)}`, {
      remedy: `It has ${listed(state.candidates.map(({ id }) => id))}.`,
    })
  }
  let shown = 0
  let heading = ''
  for await (const answer of readAnswers(store, state, candidate)) {
    if (example !== undefined && answer.example !== example) continue
    shown++
    if (json) process.stdout.write(jsonLine(answer))
    else {
      const next = answer.prompt
      if (next !== heading) process.stdout.write(`${heading === '' ? '' : '\n'}Prompt ${next}\n`)
      heading = next
      process.stdout.write(describe(answer))
    }
  }
  if (shown > 0) return
  process.stderr.write(
    `No answer is kept here${prompt === undefined && example === undefined ? '' : ' for that'}: studies of earlier versions, of recorded tables, of programs that give no output and with --no-store-text keep none.\n`,
  )
}

function describe({ example, split, repeat, score, error, output, feedback, calls }: Answer): string {
  const place = `${split === 'holdout' ? 'holdout example' : 'example'} ${example}${repeat > 0 ? `, repeat ${repeat}` : ''}`
  const lines = [`  ${place}: ${score === null ? `failed: ${error ?? 'no reason given'}` : `score ${score}`}`]
  // Of a program, what each stage answered on the way.
  const stages = calls.filter(({ role, stage }) => role === 'task' && stage !== undefined)
  if (stages.length > 1) {
    for (const { stage, text, error: why } of stages) {
      lines.push(indent(text?.trim() ?? `failed: ${why}`, `    ${stage}: `))
    }
    if (output !== undefined && output !== stages.at(-1)!.text?.trim()) lines.push(indent(output, '    output: '))
  } else if (output !== undefined) lines.push(indent(output))
  for (const { text, from, stage, slot } of feedback) {
    const about = [stage, slot].filter((part) => part !== undefined).join(', ')
    lines.push(indent(`${from}${about === '' ? '' : ` (${about})`}: ${text}`, '    ↳ '))
  }
  return `${lines.join('\n')}\n`
}

function indent(text: string, first = '    '): string {
  return text
    .split('\n')
    .map((line, index) => (index === 0 ? first : ' '.repeat(first.length)) + line)
    .join('\n')
}

function listed(ids: readonly string[]): string {
  return ids.length > 12 ? `${ids.slice(0, 12).join(', ')} and ${ids.length - 12} more` : ids.join(', ')
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number of at least 0')
}
