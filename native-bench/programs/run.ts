/**
 * Programs of several stages, live, from plain prompts and at equal calls. Which stage is rewritten next is chosen by credit;
 * without it stages take turns, or are optimized one after the other. What each ends with is measured on examples that it did
 * not see.
 *
 *     npm run bench:programs -- [--tasks FILE,…] [--model NAME] [--choices credit,in-turn,one-by-one] [--seeds 1,2,3]
 *       [--calls 1200] [--held-out 40] [--threads 2] [--json FILE]
 *
 * Goes on with what FILE has.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { mean } from 'simple-statistics'
import { parse, stringify } from 'yaml'
import { modelsFolder } from '../../src/cli/cache-folder.ts'
import { openEvaluator } from '../../src/evaluation/open-evaluator.ts'
import type { Candidate } from '../../src/prompt/candidate.ts'
import type { RunResult } from '../../src/run/result.ts'
import { loadTask } from '../../src/task/load-task.ts'
import type { Task } from '../../src/task/task.ts'

const here = import.meta.dirname
const root = resolve(here, '../..')
const { values: flags } = parseArgs({
  options: {
    tasks: {
      type: 'string',
      default: ['order-fields/loop.yaml', 'request-routing/stages.yaml']
        .map((file) => join(root, 'data/tasks', file))
        .join(','),
    },
    model: { type: 'string', default: 'qwen2.5-coder-1.5b-instruct' },
    choices: { type: 'string', default: 'credit,in-turn,one-by-one' },
    seeds: { type: 'string', default: '1,2,3' },
    calls: { type: 'string', default: '1200' },
    'held-out': { type: 'string', default: '40' },
    threads: { type: 'string', default: '2' },
    json: { type: 'string', default: join(here, 'results.json') },
  },
})

/** One search. */
interface Run {
  readonly task: string
  readonly model: string
  readonly choice: string
  readonly seed: number
  readonly limit: number
  readonly calls: number
  /** That were not made, because the input of a stage was as before. */
  readonly saved: number
  readonly seconds: number
  /** Means on the same held-out examples. */
  readonly before: number
  readonly after: number
  readonly verdict: string
}

const run = promisify(execFile)
const runs: Run[] = existsSync(flags.json) ? (JSON.parse(readFileSync(flags.json, 'utf8')) as Run[]) : []
for (const seed of flags.seeds.split(',').map(Number)) {
  for (const file of flags.tasks.split(',')) {
    for (const choice of flags.choices.split(',')) await search(file, choice, seed)
  }
}
process.stdout.write(table())

async function search(file: string, choice: string, seed: number): Promise<void> {
  const task = parse(readFileSync(file, 'utf8')) as Record<string, unknown> & { name: string; examples: string }
  const { name } = task
  const limit = Number(flags.calls)
  const isKnown = runs.some(
    (one) =>
      one.task === name &&
      one.model === flags.model &&
      one.choice === choice &&
      one.seed === seed &&
      one.limit === limit,
  )
  if (isKnown) return
  const whole = loadTask(file, { overrides: { model: `gguf:${flags.model}` } })
  const folder = mkdtempSync(join(tmpdir(), 'krige-programs-'))
  const copy = join(folder, 'task.yaml')
  const { search: searched } = whole.split
  writeFileSync(join(folder, 'examples.json'), JSON.stringify(searched.map((index) => whole.examples[index])))
  writeFileSync(
    copy,
    stringify({
      ...task,
      examples: 'examples.json',
      split: { search: searched.length, holdout: 0 },
      model: `gguf:${flags.model}`,
      budget: { calls: limit },
    }),
  )
  try {
    const began = performance.now()
    const { stdout } = await run(
      process.execPath,
      [
        ...[join(root, 'src/cli/main.ts'), 'run', copy, '--json', '--no-cache', '--store', 'memory:'],
        ...['--report', join(folder, 'report.html')],
        ...['--seed', String(seed), '--threads', flags.threads],
        ...['--policy-options', JSON.stringify({ stageChoice: choice })],
      ],
      { maxBuffer: 1 << 26 },
    )
    const result = JSON.parse(stdout) as RunResult
    const seconds = Math.round((performance.now() - began) / 1000)
    const earlier = runs.find((one) => one.task === name && one.model === flags.model)
    const before = earlier?.before ?? (await heldOut(whole, whole.pool[whole.baseline ?? 0]!))
    const after = await heldOut(whole, candidateOf(result))
    runs.push({
      task: name,
      model: flags.model,
      choice,
      seed,
      limit,
      calls: result.spent.calls,
      saved: result.savedCalls ?? 0,
      seconds,
      before,
      after,
      verdict: result.verdict,
    })
    writeFileSync(flags.json, `${JSON.stringify(runs, null, 2)}\n`)
    process.stderr.write(
      `${name} ${choice} ${seed}: ${figure(before)} -> ${figure(after)}, ${runs.at(-1)!.calls} calls, ${seconds} s\n`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function candidateOf({ winner: { id, slots, parameters } }: RunResult): Candidate {
  return { id, slots: slots!, parameters: parameters as NonNullable<Candidate['parameters']> }
}

/** Mean on held-out examples. Failed evaluations are missing. */
async function heldOut(task: Task, candidate: Candidate): Promise<number> {
  const evaluator = await openEvaluator(task, {
    modelsFolder: modelsFolder(process.env),
    environment: process.env,
    threads: Number(flags.threads),
  })
  try {
    const scores: number[] = []
    for (const index of task.split.holdout.slice(0, Number(flags['held-out']))) {
      const { score } = await evaluator.evaluate({ candidate, example: task.examples[index]!, repeat: 0, seed: 1 })
      if (score !== undefined) scores.push(score)
    }
    return mean(scores)
  } finally {
    await evaluator.close()
  }
}

function figure(score: number): string {
  return score.toFixed(3)
}

/** Means over seeds, a row per program and choice. */
function table(): string {
  const groups = Map.groupBy(runs, ({ task, model, limit, choice }) => `${task} | ${model} | ${limit} | ${choice}`)
  const rows = [...groups].map(([key, group]) => {
    const average = (of: (one: Run) => number) => figure(mean(group.map(of)))
    const each = group.map(({ after }) => figure(after)).join(', ')
    return `| ${key} | ${average(({ before }) => before)} | ${average(({ after }) => after)} (${each}) |`
  })
  return [
    '| program | model | calls | stage to rewrite | before | after, held out (per seed) |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
