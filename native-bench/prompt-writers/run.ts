/**
 * From one plain prompt, live: Krige beside the real `gepa` and `dspy` (MIPROv2) packages, on one local model behind
 * one OpenAI-compatible server. One limit counts all calls of each. What each ends with is measured on examples none of
 * them saw. `opro`, `evoprompt` and `capo` are Krige's own proposers of these names, whose drafts are not screened.
 *
 *     npm run bench:prompt-writers -- [--tasks FILE,…] [--model NAME] [--generator NAME] [--seeds 1,2,3]
 *       [--methods krige,gepa,miprov2,opro,evoprompt,capo] [--calls 300] [--threads 2] [--stores FOLDER] [--json FILE]
 *
 * Goes on with what FILE has. `--stores` keeps the studies of Krige: `krige report` and `krige show` open them. Needs Python 3.11 or newer with `requirements.txt`: set KRIGE_PYTHON to its interpreter.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { mean } from 'simple-statistics'
import { stringify } from 'yaml'
import { modelsFolder } from '../../src/cli/cache-folder.ts'
import { createMetric } from '../../src/evaluation/metrics/create-metric.ts'
import { findGguf } from '../../src/evaluation/models/find-gguf.ts'
import type { Example } from '../../src/prompt/example.ts'
import { renderTemplate, showValue } from '../../src/prompt/template.ts'
import { messagesOf } from '../../src/prompt/turns.ts'
import { loadTask } from '../../src/task/load-task.ts'
import type { Task } from '../../src/task/task.ts'
import { type ModelServer, startModelServer } from './model-server.ts'

const here = import.meta.dirname
const root = resolve(here, '../..')
const { values: flags } = parseArgs({
  options: {
    tasks: { type: 'string', default: join(root, 'data/tasks/ticket-triage/task-one-prompt.yaml') },
    model: { type: 'string', default: 'qwen2.5-coder-1.5b-instruct' },
    generator: { type: 'string', default: 'qwen2.5-coder-1.5b-instruct' },
    methods: { type: 'string', default: 'krige,gepa,miprov2,opro,evoprompt,capo' },
    seeds: { type: 'string', default: '1,2,3' },
    calls: { type: 'string', default: '300' },
    threads: { type: 'string', default: '2' },
    stores: { type: 'string' },
    json: { type: 'string', default: join(here, 'results.json') },
  },
})

/** What Krige's own methods write prompts with. Of an optimizer that is not Krige drafts are measured as they come. */
const PROPOSERS: Readonly<Record<string, readonly string[] | undefined>> = {
  krige: undefined,
  opro: ['opro'],
  evoprompt: ['crossover', 'differential', 'mutate'],
  capo: ['crossover', 'mutate', 'demonstrations'],
}

/** One method on one task, once. */
interface Run {
  readonly task: string
  readonly model: string
  readonly method: string
  readonly seed: number
  readonly limit: number
  /** Calls that the server counted while the method searched. */
  readonly calls: number
  readonly seconds: number
  /** Share of the held-out examples that the final prompt, or program, gets right; and the plain prompt. */
  readonly accuracy: number
  readonly before: number
  readonly prompt: string
}

const limit = Number(flags.calls)
const runs: Run[] = existsSync(flags.json) ? (JSON.parse(readFileSync(flags.json, 'utf8')) as Run[]) : []
const files = {
  executor: findGguf(flags.model, modelsFolder(process.env)),
  generator: findGguf(flags.generator, modelsFolder(process.env)),
}
for (const file of flags.tasks.split(',')) await runTask(loadTask(file))
process.stdout.write(table())

async function runTask(task: Task): Promise<void> {
  const metric = await createMetric(task.metric, { labels: task.labels ?? [] })
  const server = await startModelServer(files, Number(flags.threads), (answer, index) => {
    const example = task.examples[index]!
    const score = metric.score(answer, example) as number
    return { score, feedback: score === 1 ? '' : (metric.explain?.(answer, example) ?? '') }
  })
  try {
    const plain = task.pool[task.baseline ?? 0]!.text!
    let before: number | undefined
    for (const seed of flags.seeds.split(',').map(Number)) {
      for (const method of flags.methods.split(',')) {
        const known = runs.find(
          (run) => run.task === task.name && run.model === flags.model && run.method === method && run.seed === seed,
        )
        if (known) continue
        before ??= await accuracyOf(plain, task, server)
        const began = performance.now()
        const name = `${method}-${seed}`
        const found = await (method in PROPOSERS ? runKrige : runRival)(task, server, { method, seed, name })
        const seconds = Math.round((performance.now() - began) / 1000)
        const { calls } = server.countOf(name)
        const accuracy = found.scores ? mean(found.scores) : await accuracyOf(found.prompt, task, server)
        runs.push({
          task: task.name,
          model: flags.model,
          method,
          seed,
          limit,
          calls,
          seconds,
          accuracy,
          before,
          prompt: found.prompt,
        })
        writeFileSync(flags.json, `${JSON.stringify(runs, null, 2)}\n`)
        process.stderr.write(
          `${task.name} ${name}: ${before.toFixed(3)} -> ${accuracy.toFixed(3)}, ${calls} calls, ${seconds} s\n`,
        )
      }
    }
  } finally {
    await server.close()
  }
}

interface Arm {
  readonly method: string
  readonly seed: number
  readonly name: string
}

interface Found {
  readonly prompt: string
  /** Of a program that is more than its prompt, on the held-out examples. */
  readonly scores?: readonly number[]
}

/** Krige gets what the others get: the search examples and the plain prompt. This comparison holds out by itself. */
async function runKrige(task: Task, server: ModelServer, { method, seed, name }: Arm): Promise<Found> {
  const proposers = PROPOSERS[method]
  const folder = mkdtempSync(join(tmpdir(), 'krige-writers-'))
  try {
    const file = join(folder, 'task.yaml')
    writeFileSync(join(folder, 'examples.json'), JSON.stringify(task.split.search.map((index) => task.examples[index])))
    writeFileSync(
      file,
      stringify({
        name,
        description: task.description,
        examples: 'examples.json',
        split: { search: task.split.search.length, holdout: 0 },
        template: task.template!.source,
        metric: { name: task.metric.name, ...task.metric.options },
        model: `openai-compatible:${server.url}/${name}/v1#executor`,
        generator: `openai-compatible:${server.url}/${name}/v1#generator`,
        sampling: task.sampling,
        baseline: task.pool[task.baseline ?? 0]!.text,
        budget: { calls: limit },
        ...(proposers && { proposers }),
      }),
    )
    const kept = flags.stores && join(resolve(flags.stores), `${task.name}-${name}.sqlite`)
    // What an interrupted run left asked another server.
    if (kept) for (const end of ['', '-wal', '-shm']) rmSync(kept + end, { force: true })
    const store = kept ? `sqlite:${kept}` : 'memory:'
    const text = await output(process.execPath, [
      ...[join(root, 'src/cli/main.ts'), 'run', file, '--json', '--store', store, '--concurrency', '1'],
      ...['--seed', String(seed), '--report', join(folder, 'report.html')],
      ...(proposers ? ['--policy-options', '{"screening":false}'] : []),
    ])
    return { prompt: (JSON.parse(text) as { winner: { text: string } }).winner.text }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runRival(task: Task, server: ModelServer, { method, seed, name }: Arm): Promise<Found> {
  const item = (index: number) => {
    const example = task.examples[index]!
    return {
      index,
      input: showValue(example.input),
      shown: shown(task, example),
      expected: showValue(example.expected ?? ''),
    }
  }
  const text = await output(process.env['KRIGE_PYTHON'] ?? 'python3', [join(here, 'methods.py')], {
    method,
    url: `${server.url}/${name}`,
    testUrl: `${server.url}/${name}-test`,
    limit,
    seed,
    prompt: task.pool[task.baseline ?? 0]!.text,
    maxTokens: task.sampling.maxOutputTokens,
    examples: task.split.search.map(item),
    test: task.split.holdout.map(item),
  })
  return JSON.parse(text) as Found
}

/** What the template shows after the prompt. */
function shown(task: Task, example: Example): string {
  const whole = renderTemplate(task.template!, { id: 'prompt', text: '' }, example).text
  return whole.trimStart()
}

async function accuracyOf(prompt: string, task: Task, server: ModelServer): Promise<number> {
  const scores: number[] = []
  for (const index of task.split.holdout) {
    const { text, ...before } = renderTemplate(task.template!, { id: 'prompt', text: prompt }, task.examples[index]!)
    const answer = await post(`${server.url}/test/v1/chat/completions`, {
      model: 'executor',
      messages: messagesOf({ ...before, prompt: text }),
      temperature: 0,
      max_tokens: task.sampling.maxOutputTokens,
    })
    const { choices } = answer as { choices: { message: { content: string } }[] }
    const judged = await post(`${server.url}/test/score`, { answer: choices[0]!.message.content, example: index })
    scores.push((judged as { score: number }).score)
  }
  return mean(scores)
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response.json()
}

function output(command: string, args: readonly string[], input?: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${args.join(' ')}: ${stderr.slice(-2000)}`))
      else resolve(stdout)
    })
    child.stdin!.end(input === undefined ? '' : JSON.stringify(input))
  })
}

/** Means over seeds, a row per task and method. */
function table(): string {
  const groups = Map.groupBy(runs, ({ task, model: name, method }) => `${task} | ${name} | ${method}`)
  const rows = [...groups].map(([key, group]) => {
    const accuracies = group.map(({ accuracy }) => accuracy.toFixed(3)).join(', ')
    const average = (of: (run: Run) => number) => mean(group.map(of))
    return `| ${key} | ${average((run) => run.before).toFixed(3)} | ${average((run) => run.accuracy).toFixed(3)} (${accuracies}) | ${average((run) => run.calls).toFixed(0)} |`
  })
  return [
    '| task | model | method | before | after, held out (per seed) | calls |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
