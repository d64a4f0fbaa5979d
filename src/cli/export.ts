import { type Command, Option } from 'commander'
import { InvalidInputError } from '../errors.ts'
import type { Answer } from '../store/read-answers.ts'
import { writeWholeFrom } from '../store/whole-file.ts'
import { writeData } from './terminal.ts'
import { EMPTY_STUDY, studyCommand, withStore } from './with-store.ts'

const FORMATS = ['jsonl', 'csv', 'prompt', 'json', 'typescript', 'promptfoo'] as const
type Format = (typeof FORMATS)[number]

const EXAMPLES = `
Examples:
  $ krige export tickets --format prompt > prompt.txt
  $ krige export tickets --format csv > tickets.csv
  $ krige export tickets --format promptfoo --into promptfooconfig.yaml --out better.yaml
  $ krige export tickets --out tickets.jsonl`

interface ExportOptions {
  readonly store?: string
  readonly format: Format
  /** A promptfoo configuration that the winner goes into. */
  readonly into?: string
  readonly out?: string
}

export function registerExport(program: Command): void {
  studyCommand(program, 'export', 'Print a study: its whole log, a table of prompts, or just the winner.')
    .addOption(
      new Option(
        '--format <format>',
        'jsonl: the log and all answers, lossless; csv: one row per prompt, with its answers; prompt, json, typescript, promptfoo: the winner, with the messages to send',
      )
        .choices(FORMATS)
        .default('jsonl'),
    )
    .option('--into <file>', 'with promptfoo: the configuration whose prompts the winner takes the place of')
    .option('--out <file>', 'write to a file instead of standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (study: string, options: ExportOptions) => {
      await withStore(options.store, async (store) => {
        const { exportJsonLines } = await import('../store/jsonl.ts')
        const pieces =
          options.format === 'jsonl'
            ? exportJsonLines(store, study)
            : [await render(store, study, options.format, options.into)]
        if (options.out === undefined) await writeData(pieces)
        else await writeWholeFrom(options.out, pieces)
      })
    })
}

async function render(
  store: Parameters<Parameters<typeof withStore>[1]>[0],
  study: string,
  format: Exclude<Format, 'jsonl'>,
  into: string | undefined,
): Promise<string> {
  if (into !== undefined && format !== 'promptfoo') {
    throw new InvalidInputError('--into needs --format promptfoo', { remedy: 'Add it, or leave --into out.' })
  }
  const { loadStudy } = await import('../store/load-study.ts')
  const { partsOf, rawPrompt, toCsv, toJson, toPromptfoo, toTypeScript } = await import('./export-formats.ts')
  const { candidateText } = await import('../prompt/candidate.ts')
  const fold = await loadStudy(store, study)
  if (!fold) throw new InvalidInputError(`study ${JSON.stringify(study)} is empty`, { remedy: EMPTY_STUDY })
  const { state } = fold
  if (format === 'csv') {
    const { readAnswers } = await import('../store/read-answers.ts')
    const answers: Answer[] = []
    for await (const answer of readAnswers(store, state)) answers.push(answer)
    return toCsv(state, answers)
  }
  if (!state.conclusion) {
    throw new InvalidInputError(`study ${JSON.stringify(study)} has no winner yet`, {
      remedy: 'Run it to its end first, or export --format csv.',
    })
  }
  const winner = state.candidates[state.conclusion.winner.candidate]!
  const { isHidden } = await import('../run/hide-texts.ts')
  if (isHidden(winner)) {
    throw new InvalidInputError(`study ${JSON.stringify(study)} keeps no texts: there is no prompt to export`, {
      remedy: `The winner is prompt ${JSON.stringify(winner.id)} of its task; --format csv has ids and figures.`,
    })
  }
  const { template } = state.config
  const text = candidateText(winner)
  const raw = format === 'promptfoo' ? rawPrompt(winner, template) : text
  const slots = Object.keys(winner.slots ?? {}).filter((slot) => winner.slots![slot] !== '')
  if ((format === 'prompt' || format === 'promptfoo') && raw === text) {
    if (slots.length > 1) {
      process.stderr.write(
        `The winner has several parts (${slots.join(', ')}), here one after the other; --format json keeps them apart.\n`,
      )
    } else if (partsOf(winner).turns.length > 0) {
      process.stderr.write(
        'The winner ends with turns of a conversation, here as text; a chat needs them as messages: --format json has them apart.\n',
      )
    }
  }
  if (format === 'promptfoo' && !/\{\{.+?\}\}/s.test(raw)) {
    process.stderr.write(
      'The prompt shows no input: the template of the task does. Add it to the prompt, for example "Input: {{input}}", or write a chat where it is a system message.\n',
    )
  }
  const computed = /\{\{computed_\d+\}\}/.exec(raw)
  if (format === 'promptfoo' && computed) {
    process.stderr.write(
      `${computed[0]} is what an import filled in for each example: write the template of the configuration in its place.\n`,
    )
  }
  switch (format) {
    case 'prompt':
      return `${text}\n`
    case 'json':
      return toJson(study, winner, template)
    case 'typescript':
      return toTypeScript(study, winner, template)
    case 'promptfoo':
      return toPromptfoo(winner, into, template)
  }
}
