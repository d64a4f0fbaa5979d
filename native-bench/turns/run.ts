/**
 * Solved examples within the instruction against the same examples as turns of a conversation: accuracy on held-out examples.
 *
 *     npm run bench:turns -- [--tasks FILE,…] [--models NAME,…] [--draws 3] [--examples 60] [--threads 2]
 *
 * @module
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { mean } from 'simple-statistics'
import { modelsFolder } from '../../src/cli/cache-folder.ts'
import { findGguf } from '../../src/evaluation/models/find-gguf.ts'
import { openGgufModel } from '../../src/evaluation/models/gguf-model.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { candidateText } from '../../src/prompt/candidate.ts'
import { showValue } from '../../src/prompt/template.ts'
import { writeTurns } from '../../src/prompt/turns.ts'
import { answerFormOf } from '../../src/proposer/answer-form.ts'
import { joinPrompt } from '../../src/proposer/demonstration-block.ts'
import { createTaskView } from '../../src/proposer/task-view.ts'
import { loadTask } from '../../src/task/load-task.ts'

const root = resolve(import.meta.dirname, '../..')
const { values: flags } = parseArgs({
  options: {
    tasks: {
      type: 'string',
      default: ['order-fields', 'shop-sums', 'ticket-triage']
        .map((name) => join(root, 'data/tasks', name, 'task-one-prompt.yaml'))
        .join(','),
    },
    models: { type: 'string', default: 'qwen2.5-coder-0.5b-instruct' },
    draws: { type: 'string', default: '3' },
    examples: { type: 'string', default: '60' },
    threads: { type: 'string', default: '2' },
  },
})
/** What a user might write who knows what an answer looks like. */
const INSTRUCTIONS: Readonly<Record<string, string>> = {
  'order-fields-one-prompt': 'Extract the order as JSON with the keys item and day.',
  'shop-sums-one-prompt': 'Solve the problem, and answer with the number only.',
  'ticket-triage-one-prompt':
    'Classify the ticket as account, billing, bug, cancellation, feature or shipping. Answer with one word.',
}
const DEMONSTRATIONS = 4

process.stdout.write('| task | model | none | within the instruction | as turns |\n|---|---|---|---|---|\n')
for (const name of flags.models.split(',')) {
  const folder = modelsFolder(process.env)
  const textModel = await openGgufModel({
    file: findGguf(name, folder),
    name,
    identity: name,
    threads: Number(flags.threads),
  })
  for (const file of flags.tasks.split(',')) {
    const task = loadTask(file)
    const baseline = { ...task.pool[task.baseline!]!, text: INSTRUCTIONS[task.name] ?? candidateText(task.pool[0]!) }
    const evaluator = await openEvaluator(task, { modelsFolder: folder, environment: process.env, textModel })
    const accuracy = async (text: string) => {
      const scores: number[] = []
      for (const index of task.split.holdout.slice(0, Number(flags.examples))) {
        const cell = { candidate: { id: 'a', text }, example: task.examples[index]!, repeat: 0, seed: 1 }
        const { score } = await evaluator.evaluate(cell)
        scores.push(score ?? 0)
      }
      return mean(scores)
    }
    const search = task.split.search.map((index) => task.examples[index]!)
    const answers = answerFormOf(task.metric.name, task.examples)
    const view = createTaskView({ template: task.template!, examples: search, answers, baseline })
    const within = (demonstrations: string) =>
      joinPrompt({ prompt: baseline.text }, { demonstrations }, view)['prompt']!
    const forms: { readonly text: number; readonly turns: number }[] = []
    for (let draw = 1; draw <= Number(flags.draws); draw++) {
      const shown = createRandom(draw).permutation(search.length).slice(0, DEMONSTRATIONS)
      const solved = [...shown].map((position) => {
        const example = search[position]!
        return { example, user: view.ask(example)!, assistant: showValue(example.expected!) }
      })
      const figures = {
        text: await accuracy(
          within(solved.map(({ example, assistant }) => view.demonstrate(example, assistant)).join('\n')),
        ),
        turns: await accuracy(within(writeTurns(solved.map(({ user, assistant }) => ({ user, assistant })))!)),
      }
      forms.push(figures)
      process.stderr.write(`${task.name} ${name} draw ${draw}: ${JSON.stringify(figures)}\n`)
    }
    const of = (form: 'text' | 'turns') => {
      const values = forms.map((one) => one[form])
      return `${mean(values).toFixed(3)} (${values.map((value) => value.toFixed(3)).join(', ')})`
    }
    const none = (await accuracy(baseline.text)).toFixed(3)
    process.stdout.write(`| ${task.name} | ${name} | ${none} | ${of('text')} | ${of('turns')} |\n`)
  }
  await textModel.close()
}
