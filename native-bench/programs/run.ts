/**
 * Programs of several stages, live, from plain prompts and at equal calls. Which stage is rewritten next is chosen by credit;
 * without it stages take turns, or are optimized one after the other.
 *
 *     npm run bench:programs -- [--tasks FILE,…] [--model NAME] [--choices credit,in-turn,one-by-one] [--seeds 1,2,3]
 *       [--calls 1200] [--threads 2] [--json FILE]
 *
 * Goes on with what FILE has.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { mean } from 'simple-statistics'
import { parse, stringify } from 'yaml'
import type { RunResult } from '../../src/run/result.ts'

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
  /** Means on the same held-out examples; null where the budget was too small for any. */
  readonly before: number | null
  readonly after: number | null
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
  const isKnown = runs.some(
    (one) => one.task === name && one.model === flags.model && one.choice === choice && one.seed === seed,
  )
  if (isKnown) return
  const folder = mkdtempSync(join(tmpdir(), 'krige-programs-'))
  const copy = join(folder, 'task.yaml')
  writeFileSync(
    copy,
    stringify({
      ...task,
      examples: resolve(dirname(file), task.examples),
      model: `gguf:${flags.model}`,
      budget: { calls: Number(flags.calls) },
    }),
  )
  try {
    const began = performance.now()
    const { stdout } = await run(
      process.execPath,
      [
        ...[join(root, 'src/cli/main.ts'), 'run', copy, '--json', '--no-cache', '--store', 'memory:'],
        ...['--allow-outside', '--report', join(folder, 'report.html')],
        ...['--seed', String(seed), '--threads', flags.threads],
        ...['--policy-options', JSON.stringify({ stageChoice: choice })],
      ],
      { maxBuffer: 1 << 26 },
    )
    const result = JSON.parse(stdout) as RunResult
    runs.push({
      task: name,
      model: flags.model,
      choice,
      seed,
      limit: Number(flags.calls),
      calls: result.spent.calls,
      saved: result.savedCalls ?? 0,
      seconds: Math.round((performance.now() - began) / 1000),
      before: result.baseline!.holdout,
      after: result.winner.holdout,
      verdict: result.verdict,
    })
    writeFileSync(flags.json, `${JSON.stringify(runs, null, 2)}\n`)
    const { before, after, calls, seconds } = runs.at(-1)!
    process.stderr.write(
      `${name} ${choice} ${seed}: ${figure(before)} -> ${figure(after)}, ${calls} calls, ${seconds} s\n`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function figure(score: number | null): string {
  return score === null ? '–' : score.toFixed(3)
}

/** Means over seeds, a row per program and choice. */
function table(): string {
  const groups = Map.groupBy(runs, ({ task, model, choice }) => `${task} | ${model} | ${choice}`)
  const rows = [...groups].map(([key, group]) => {
    const average = (of: (one: Run) => number | null) => {
      const known = group.flatMap((one) => of(one) ?? [])
      return figure(known.length > 0 ? mean(known) : null)
    }
    const each = group.map(({ after }) => figure(after)).join(', ')
    return `| ${key} | ${average(({ before }) => before)} | ${average(({ after }) => after)} (${each}) |`
  })
  return [
    '| program | model | stage to rewrite | before | after, held out (per seed) |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
