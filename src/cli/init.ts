import { existsSync, mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { DEFAULT_LOCAL_MODEL } from '../evaluation/models/known-names.ts'
import { shellWord } from '../report/shell-word.ts'
import { writeWhole } from '../store/whole-file.ts'
import { modelsFolder } from './cache-folder.ts'
import { commandName } from './command-name.ts'
import { EXIT_CODES } from './exit-code.ts'
import { STAGED_TASK } from './init-stages.ts'
import type { Surroundings } from './look-around.ts'

const DEFAULT_MODEL = `gguf:${DEFAULT_LOCAL_MODEL}`

const TASK = `# What krige optimizes. Every key: krige help task-file.
name: sentiment
examples: examples.jsonl         # {"input": …, "expected": …} per line
split: { search: 0.5, holdout: 0.5, seed: 1 }
template: "{{instruction}}\\n\\nReview: {{input}}\\nAnswer:"
metric: label-match
# A local model (krige models pull), or for example
#   openai-compatible:http://127.0.0.1:8080/v1#name    openai:gpt-5-mini    anthropic:claude-haiku-4-5
model: ${DEFAULT_MODEL}
prompts: prompts.jsonl           # {"id", "slots": {"instruction": …}} per line
baseline: "Classify the review."
budget: { evaluations: 200, calls: 240 }
`

const REVIEWS: readonly (readonly [string, string])[] = [
  ['The hinge broke within a week and nobody answered my mails.', 'negative'],
  ['Does exactly what it says. I ordered a second one.', 'positive'],
  ['Great, another update that deletes my settings.', 'negative'],
  ['I was sceptical at first; now my whole team uses it.', 'positive'],
  ['It works, if you call restarting it every hour working.', 'negative'],
  ['Quiet, light, and the battery lasts two days.', 'positive'],
  ['The colors look nothing like the pictures.', 'negative'],
  ['Arrived a day early and was easy to set up.', 'positive'],
  ['I would give it zero stars if I could.', 'negative'],
  ['Not cheap, but worth every cent.', 'positive'],
  ['The manual is a joke and the app crashes.', 'negative'],
  ['My daughter has not put it down since her birthday.', 'positive'],
]

const INSTRUCTIONS = [
  'Classify the review.',
  'Is this review positive or negative? Answer with one word.',
  'Read the review and answer "positive" or "negative". Beware of sarcasm.',
  'Label the sentiment of the review as positive or negative. Output only the label.',
  'You are a careful annotator. Decide whether the customer is satisfied: positive if so, negative if not.',
  'Would the author recommend the product? Answer positive for yes, negative for no.',
]

/** For editors, beside the task: it needs no network and fits the version that wrote it. */
const SCHEMA = 'task.schema.json'
const MODELINE = `# yaml-language-server: $schema=${SCHEMA}\n`

interface InitFlags {
  readonly yes?: boolean
  readonly from?: string
  readonly stages?: boolean
  readonly prompt?: string
  readonly system?: boolean
  readonly model?: string
  readonly generator?: string
}

const EXAMPLES_TEXT = `
Examples:
  $ krige init                                     # asks, and offers what it finds here
  $ krige init sentiment --yes                     # an example, with a model that is here
  $ krige init agent --stages
  $ krige init tickets --from tickets.csv --prompt "Classify the ticket." --model openai:gpt-5-mini
  $ krige init helper --from questions.csv --prompt "$(cat system.txt)" --system
  $ krige run tickets/task.yaml`

export function registerInit(program: Command): void {
  program
    .command('init')
    .description('Write a task to start from: an example, or one of your own from a prompt and a file of examples.')
    .argument('[folder]', 'where to (default: here)')
    .option('--yes', 'ask nothing: take a model that is found here and, with --prompt, the only file of examples')
    .option('--from <file>', 'your examples: .csv, .jsonl, .json or .yaml, with an input and a right answer each')
    .option('--stages', 'an example of a program of two stages')
    .option('--prompt <text>', 'the prompt in use now; Krige writes better ones from it')
    .option('--system', 'the prompt is a system message, and an input the message of the user')
    .option('--model <model>', `the model that answers (default: ${DEFAULT_MODEL})`)
    .option('--generator <model>', 'the model that writes prompts (default: the one that answers)')
    .addHelpText('after', EXAMPLES_TEXT)
    .action(async (named: string | undefined, given: InitFlags) => {
      const chosen = await choose(named, given)
      if (chosen === undefined) return
      const { folder, flags } = chosen
      const { files, notes } = await filesOf(folder, flags)
      const taken = files.map(([name]) => join(folder, name)).find((path) => existsSync(path))
      if (taken !== undefined) {
        throw new InvalidInputError(`${taken} exists already`, { remedy: 'Name another folder: krige init FOLDER' })
      }
      mkdirSync(folder, { recursive: true })
      for (const [name, text] of files) {
        writeWhole(join(folder, name), name === 'task.yaml' ? `${MODELINE}${text}` : text)
      }
      const { schemaText } = await import('../task/task-json-schema.ts')
      writeWhole(join(folder, SCHEMA), schemaText())
      const written = files.map(([name]) => join(folder, name)).join(', ')
      process.stderr.write(
        [
          ...notes,
          `Wrote ${written}.`,
          `Next: ${commandName(process.env)} run ${shellWord(join(folder, 'task.yaml'))} --dry-run`,
          '',
        ].join('\n'),
      )
    })
}

/** What was asked for: on the command line, else by a person, else by what is here. */
async function choose(
  named: string | undefined,
  flags: InitFlags,
): Promise<{ folder: string; flags: InitFlags } | undefined> {
  const folder = named ?? '.'
  const isAsked = Object.keys(flags).length === 0 && process.stdin.isTTY && process.stderr.isTTY && !process.env['CI']
  if (!isAsked && !flags.yes) return { folder, flags }
  const { lookAround } = await import('./look-around.ts')
  const found = await lookAround({ folder: '.', modelsFolder: modelsFolder(process.env) })
  if (isAsked) {
    const [{ askInit }, { createTerminalAsker }] = await Promise.all([
      import('./ask-init.ts'),
      import('./terminal-asker.ts'),
    ])
    const answers = await askInit(createTerminalAsker(), found, DEFAULT_MODEL, named)
    if (answers === undefined) {
      process.stderr.write('Nothing was written.\n')
      process.exitCode = EXIT_CODES.interrupted
      return undefined
    }
    if (answers.kind === 'promptfoo') {
      const { importConfig } = await import('./import.ts')
      await importConfig(answers.config, { out: answers.folder })
      return undefined
    }
    const { folder, kind: _, ...chosen } = answers
    return { folder, flags: chosen }
  }
  return { folder, flags: withFound(flags, found) }
}

/** @throws InvalidInputError when a prompt is given, and it is not clear which file holds the examples. */
function withFound({ yes: _, ...flags }: InitFlags, { models, data }: Surroundings): InitFlags {
  const model = flags.model ?? models[0]?.model
  const chosen = model === undefined ? flags : { ...flags, model }
  if (flags.prompt === undefined || flags.from !== undefined) return chosen
  const [from, ...others] = data
  if (from === undefined || others.length > 0) {
    throw new InvalidInputError(
      data.length === 0 ? 'no file of examples lies here' : `several files may hold the examples: ${data.join(', ')}`,
      { remedy: 'Name it with --from FILE.' },
    )
  }
  return { ...chosen, from }
}

type Files = readonly (readonly [string, string])[]

async function filesOf(folder: string, flags: InitFlags): Promise<{ files: Files; notes: readonly string[] }> {
  if (flags.from === undefined) {
    const odd = (['prompt', 'system', 'generator'] as const).find((flag) => flags[flag] !== undefined)
    if (odd !== undefined) {
      throw new InvalidInputError(`--${odd} needs --from, a file of examples`, {
        remedy: 'For instance: krige init tickets --from tickets.csv --prompt "Classify the ticket."',
      })
    }
    const lines = (items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('')
    const examples = ['examples.jsonl', lines(REVIEWS.map(([input, expected]) => ({ input, expected })))] as const
    const { model } = flags
    // Two examples in two folders are two studies.
    const name = folder === '.' ? undefined : basename(resolve(folder))
    const asks = (task: string) => {
      const named = name === undefined ? task : task.replace(/^name: .*$/m, () => `name: ${stringify(name).trim()}`)
      return model === undefined
        ? named
        : named.replace(`model: ${DEFAULT_MODEL}`, () => `model: ${JSON.stringify(model)}`)
    }
    if (flags.stages) return { notes: [], files: [['task.yaml', asks(STAGED_TASK)], examples] }
    return {
      notes: [],
      files: [
        ['task.yaml', asks(TASK)],
        examples,
        [
          'prompts.jsonl',
          lines(INSTRUCTIONS.map((instruction, index) => ({ id: `p${index + 1}`, slots: { instruction } }))),
        ],
      ],
    }
  }
  if (flags.stages) {
    throw new InvalidInputError('--stages and --from do not go together', {
      remedy: 'Write the example with --stages, then put your file in as examples.',
    })
  }
  if (flags.prompt === undefined) {
    throw new InvalidInputError('--from needs --prompt, the prompt in use now', {
      remedy: `For instance: krige init ${folder} --from ${flags.from} --prompt "Classify the ticket."`,
    })
  }
  const [{ taskFrom }, { localSentenceTransformer }] = await Promise.all([
    import('./init-from.ts'),
    import('../embedding/open-embedder.ts'),
  ])
  // Written down, so that a run does not depend on what lies on the machine it runs on.
  const embedder = localSentenceTransformer(modelsFolder(process.env))
  const { task, examples, notes } = taskFrom({
    from: flags.from,
    prompt: flags.prompt,
    model: flags.model ?? DEFAULT_MODEL,
    ...(flags.generator === undefined ? {} : { generator: flags.generator }),
    ...(embedder === undefined ? {} : { embedder }),
    isSystem: flags.system ?? false,
    name: basename(resolve(folder)),
  })
  return {
    notes,
    files: [
      ['task.yaml', task],
      ['examples.jsonl', examples],
    ],
  }
}
