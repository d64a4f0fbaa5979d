/**
 * What the examples of docstrings use without making it: what a reader has at hand. Real objects, made anew for each
 * example that names them; a model answers from a script.
 *
 * @module
 */
import { openEmbedder } from '../../src/embedding/open-embedder.ts'
import { CallFailed, type MetricCalls } from '../../src/evaluation/metrics/metric.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import type { PolicyContext, PolicyState } from '../../src/policy/policy.ts'
import { learnPrior } from '../../src/policy/prior/learn-prior.ts'
import type { PoolEntry } from '../../src/prompt/candidate.ts'
import type { Example } from '../../src/prompt/example.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import type { ProposalRequest } from '../../src/proposer/proposer.ts'
import { createTaskView } from '../../src/proposer/task-view.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { gaussianProcess } from '../../src/surrogate/gaussian-process/gaussian-process.ts'
import { matern52 } from '../../src/surrogate/kernels/matern.ts'
import { points } from '../../src/surrogate/points.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { localModels, SMOLLM2 } from './local-models.ts'
import { createScriptedModel } from './scripted-model.ts'

const prompts = ['Answer.', 'Answer with one word.', 'Name the label.', 'Think step by step, then name the label.']
const examples = Array.from({ length: 20 }, (_, i) => ({ input: `Ticket ${i}`, expected: i % 2 ? 'bug' : 'billing' }))
const tickets: Example = { id: '1', input: 'It crashes.', expected: 'bug', fields: {} }

/** Better for later prompts: the last is right on every example. */
const evaluate = (prompt: string, example: { readonly input: string }): number =>
  prompts.indexOf(prompt) >= Number(example.input.slice(-1)) % prompts.length ? 1 : 0

const backend = createBackend()
const data = { points: points([[0], [0.5], [1]]), targets: Float64Array.of(0, 1, 0) }
const processOf = (targets: Float64Array) =>
  gaussianProcess(
    { kernel: matern52({ lengthScale: 0.3 }), observationNoise: 1e-4, mean: 'constant' },
    { ...data, targets },
    backend,
  )

const pool = (): PoolEntry[] =>
  prompts.map((text, i) => ({
    candidate: { id: `p${i}`, text },
    embedding: Float64Array.of(Math.cos(i / 2), Math.sin(i / 2)),
  }))

/** Every prompt on the first ten examples. */
const observations = () =>
  createObservationLog(
    prompts.flatMap((prompt, candidate) =>
      examples
        .slice(0, 10)
        .map((input, example) => ({ candidate, example, repeat: 0, score: evaluate(prompt, input) })),
    ),
  )

const study = () =>
  createStudy({
    pool: pool(),
    policy: 'successive-halving',
    exampleCount: examples.length,
    budget: { evaluations: 60 },
    baseline: 'p0',
    name: 'tickets',
    backend,
  })

/** As a judge it prefers the longer answer and gives mark 4. It labels by thinking step by step; else it says "bug". */
const model = () =>
  createScriptedModel(({ prompt }) => {
    const answer = (letter: string) => new RegExp(`^<${letter} .*>\n(.*)\n</${letter} `, 'm').exec(prompt)?.[1] ?? ''
    if (prompt.includes('Better: A')) return `Better: ${answer('A').length > answer('B').length ? 'A' : 'B'}`
    if (prompt.includes('Mark:')) return 'Mark: 4'
    const ticket = Number(/Ticket (\d+)/.exec(prompt)?.[1] ?? 1)
    return ticket % 2 || !prompt.includes('step by step') ? 'bug' : 'billing'
  })

const task = () =>
  defineTask({
    name: 'tickets',
    examples,
    prompts,
    metric: 'label-match',
    model: 'openai-compatible:http://127.0.0.1:8080/v1#llama3',
  })

/** What proposers know of a task of tickets with two labels. */
const view = () =>
  createTaskView({
    template: parseTemplate('{{prompt}}\n\nTicket: {{input}}\nLabel:'),
    baseline: { id: 'a', text: 'Label it.' },
    examples: examples.map((line, index) => ({ id: String(index), ...line, fields: {} })),
    answers: { kind: 'labels', labels: ['billing', 'bug'] },
  })

const request = (): ProposalRequest => {
  const parent = { index: 0, candidate: { id: 'a', text: 'Label it.' }, outcomes: [] }
  return { parents: [parent], pool: [parent], task: view(), count: 2, random: createRandom(1) }
}

export const exampleFixtures = {
  backend: () => backend,
  /** A stream of random numbers with seed 1. */
  random: () => createRandom(1),
  /** A function in one dimension, measured at three points: 0 at 0, 1 at 0.5, 0 at 1. */
  data: () => data,
  /** A Gaussian process conditioned on {@link data}. */
  surrogate: () => processOf(data.targets),
  /** A Gaussian process of another quantity at the same points: 1, 2 and 3 seconds. */
  latency: () => processOf(Float64Array.of(1, 2, 3)),
  /** The points 0, 0.1 … 1. */
  candidates: () => points(Array.from({ length: 11 }, (_, i) => [i / 10])),

  /** Four texts; the last is the best. */
  prompts: () => prompts,
  examples: () => examples,
  /** Scores one of {@link prompts} on one of {@link examples}. */
  evaluate: () => evaluate,
  /** The prompts as candidates p0 … p3, with embeddings. */
  pool,
  /** Scores of the whole pool on ten of the examples. */
  observations,
  /** What was learned from them. */
  prior: () =>
    learnPrior([{ task: 'tickets', name: 'tickets', pool: pool(), observations: observations(), exampleCount: 20 }]),
  /** What a policy for this pool is made with … */
  context: (): PolicyContext => ({
    seed: 1,
    space: {},
    exampleCount: examples.length,
    evaluationBudget: 60,
    estimand: 'population',
    backend,
  }),
  /** … and what it is shown. */
  state: (): PolicyState => ({
    pool: pool(),
    observations: observations(),
    pending: [],
    evaluationsLeft: 20,
    fits: [],
  }),

  view,
  /** What a proposer is asked: two drafts from one prompt. */
  request,
  /** One line of a task. */
  example: () => tickets,
  /** A task with {@link prompts} and {@link examples}. */
  task,
  /** A text model. */
  model,
  /** From texts to unit vectors. */
  embedder: () => openEmbedder('use-lite', { modelsFolder: 'models' }).then((embedder) => embedder!),
  /** How metrics call models. */
  calls: (): MetricCalls => ({
    async ask(asked, request) {
      const answer = await asked.generate(request)
      if (answer.kind === 'failure') throw new CallFailed(answer.failure)
      return answer.text
    },
  }),
  /** Scores the task's cells by the model. */
  evaluator: () => openEvaluator(task(), { modelsFolder: 'models', environment: {}, textModel: model() }),
  /** A study of the pool, begun. */
  study,
  /** A store that holds the study "tickets". */
  async store() {
    const store = createMemoryStore()
    const lease = await store.acquire('tickets')
    await lease.append(study().drain())
    await lease.release()
    return store
  },
  /** A language model as a function: it guesses a score by the length of what it reads. */
  askModel: () => async (question: string) => `${question.length % 100}%`,
  /** A downloaded model: examples that need one run among the live tests. */
  ggufFile: async () => SMOLLM2((await localModels()).folder),
}

export type FixtureName = keyof typeof exampleFixtures

export const LIVE_FIXTURES: ReadonlySet<string> = new Set<FixtureName>(['ggufFile'])

/** Files that lie where the examples run. */
export const exampleFiles: Readonly<Record<string, string>> = {
  'prior.json': JSON.stringify(exampleFixtures.prior()),
  'tickets.json': JSON.stringify({
    format: 'table/1',
    task: 'tickets',
    model: 'scripted',
    examples: 120,
    holdout: 60,
    exampleTexts: Array.from({ length: 120 }, (_, i) => `Ticket ${i}`),
    prompts: prompts.map((text, i) => ({ id: `p${i}`, text })),
    scores: prompts.map((_, i) => Array.from({ length: 120 }, (_, example) => Number(i >= example % prompts.length))),
  }),
  'stream.json': JSON.stringify({
    format: 'stream/1',
    task: 'tickets',
    model: 'scripted',
    examples: 4,
    prompts: prompts.slice(0, 2).map((text, i) => ({ id: `p${i}`, text })),
    scores: ['01-1', '1--0'],
  }),
  'promptfooconfig.yaml': `prompts: ['Label the ticket: {{ticket}}', 'Bug or billing? {{ticket}}']
providers: [openai:gpt-4o-mini]
tests:
  - { vars: { ticket: It crashes. }, assert: [{ type: icontains, value: bug }] }
  - { vars: { ticket: Refund me. }, assert: [{ type: icontains, value: billing }] }
`,
}
