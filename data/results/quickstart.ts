/**
 * What `npm run quickstart` shows, over many seeds: how often the verdict is "improved", and held-out accuracy before and
 * after.
 *
 * Run: `node data/results/quickstart.ts [seeds]` (default 50; about four minutes)
 */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { mean, sampleStandardDeviation } from 'simple-statistics'

const seeds = Number(process.argv[2] ?? 50)
const root = resolve(import.meta.dirname, '../..')
const runs = Array.from({ length: seeds }, (_, index) => {
  const stdout = execFileSync(
    process.execPath,
    [
      'src/cli/main.ts',
      'run',
      'data/tasks/ticket-triage/task-instruct.yaml',
      ...[
        '--model',
        'table:data/instruct/ticket-triage.qwen2.5-coder-1.5b-instruct.json.gz',
        '--store',
        'memory:',
        '--json',
      ],
      ...['--report', `${process.env['TMPDIR'] ?? '/tmp'}/krige-quickstart.html`, '--seed', String(index + 1)],
    ],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return JSON.parse(stdout) as {
    verdict: string
    winner: { holdout: number }
    baseline: { holdout: number }
  }
})
const share = runs.filter(({ verdict }) => verdict === 'improved').length / seeds
const summary = (values: number[]) =>
  `${mean(values).toFixed(3)} (standard deviation ${sampleStandardDeviation(values).toFixed(3)})`
console.log(`seeds: ${seeds}`)
console.log(`verdict "improved": ${(100 * share).toFixed(0)}%`)
console.log(`holdout before: ${summary(runs.map(({ baseline }) => baseline.holdout))}`)
console.log(`holdout after: ${summary(runs.map(({ winner }) => winner.holdout))}`)
