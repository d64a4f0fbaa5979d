/**
 * The whole job at equal evaluations, over seeds: `krige run` with the krige policy and with random search, winner and
 * baseline on the holdout.
 *
 *     node data/results/against-random.ts --model table:data/tables/ticket-triage.gemma-3-270m.json.gz --seeds 10
 *     node data/results/against-random.ts --task data/tasks/ticket-triage/task-60.yaml --model gguf:gemma-3-270m#raw --seeds 3 --threads 1
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { mean, standardDeviation } from 'simple-statistics'

const root = resolve(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    task: { type: 'string', default: join(root, 'data/tasks/ticket-triage/task.yaml') },
    model: { type: 'string', default: `table:${join(root, 'data/tables/ticket-triage.gemma-3-270m.json.gz')}` },
    seeds: { type: 'string', default: '10' },
    /** Ten full evaluations of 60 examples, and 120 for winner and baseline on the holdout. */
    evaluations: { type: 'string', default: '720' },
    threads: { type: 'string', default: '2' },
    policies: { type: 'string', default: 'krige,random' },
  },
})

interface Outcome {
  readonly winner: number
  readonly baseline: number
}

async function runOnce(policy: string, seed: number, folder: string): Promise<Outcome> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(root, 'src/cli/main.ts'),
      ...[
        'run',
        values.task,
        '--json',
        '--model',
        values.model,
        '--evaluations',
        values.evaluations,
        '--threads',
        values.threads,
      ],
      ...[
        '--policy',
        policy,
        '--seed',
        String(seed),
        '--study',
        `${policy}-${seed}`,
        '--store',
        join(folder, 'runs.db'),
      ],
    ],
    { maxBuffer: 1 << 26 },
  )
  const result: { winner: { id: string; holdout: number }; baseline: { holdout: number } } = JSON.parse(stdout)
  process.stderr.write(`${policy} seed ${seed}: ${result.winner.id} ${result.winner.holdout.toFixed(3)}\n`)
  return { winner: result.winner.holdout, baseline: result.baseline.holdout }
}

const folder = await mkdtemp(join(tmpdir(), 'krige-against-random-'))
try {
  const show = (scores: readonly number[]) =>
    `${mean([...scores]).toFixed(3)} ± ${(scores.length > 1 ? standardDeviation([...scores]) / Math.sqrt(scores.length - 1) : 0).toFixed(3)}`
  for (const [index, policy] of values.policies.split(',').entries()) {
    const outcomes: Outcome[] = []
    for (let seed = 1; seed <= Number(values.seeds); seed++) outcomes.push(await runOnce(policy, seed, folder))
    if (index === 0) process.stdout.write(`baseline: ${show(outcomes.map((outcome) => outcome.baseline))}\n`)
    process.stdout.write(`${policy}: ${show(outcomes.map((outcome) => outcome.winner))}\n`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
