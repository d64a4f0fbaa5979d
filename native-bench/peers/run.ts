/**
 * `npm run bench:peers`: Krige's samplers beside Optuna and BoTorch, in one run, on the same functions and noise.
 *
 *     npm run bench:peers -- [--functions a,b] [--evaluations 60] [--repeats 10] [--seed 1] [--json FILE] [--pool]
 *
 * Needs Python 3.11 or newer. The first run makes `native-bench/peers/.venv` from `requirements.txt`; set KRIGE_PYTHON to
 * use an interpreter that has the packages.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ObjectiveFunction } from '../../src/bench/functions/objective.ts'
import { testFunction } from '../../src/bench/functions/registry.ts'
import { type FunctionRun, runFunctions, summariseFunctions } from '../../src/bench/functions/run-functions.ts'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import type { ParameterValue } from '../../src/space/parameter.ts'
import { type PeerProcess, startPeer } from './peer-process.ts'
import { measurePool } from './pool.ts'

const DEFAULT_FUNCTIONS = [
  'branin',
  'hartmann6',
  'ackley5',
  'branin-noisy',
  'hartmann6-noisy',
  'ackley5-noisy',
  'function-choice',
  'mixed-quadratic',
  'conditional-learner',
  'ridge-table',
]

const { values: flags } = parseArgs({
  options: {
    functions: { type: 'string', default: DEFAULT_FUNCTIONS.join(',') },
    samplers: { type: 'string', default: 'gp,tpe,optuna-gp,optuna-tpe' },
    evaluations: { type: 'string', default: '60' },
    repeats: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    pool: { type: 'boolean', default: false },
  },
})
const evaluations = Number(flags.evaluations)
const repeats = Number(flags.repeats)
const seed = Number(flags.seed)
const here = import.meta.dirname
const backend = createBackend()
const python = findPython()
const names = flags.samplers.split(',')
const isPeer = (name: string) => name.startsWith('optuna') || name === 'botorch'

const runs: FunctionRun[] = []
const peer = startPeer(python, join(here, 'peer.py'))
for (const name of flags.functions.split(',').filter((name) => name.length > 0)) {
  const objective = testFunction(name)
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const sampler of names) {
      if (isPeer(sampler)) {
        const numeric = Object.values(objective.space).every(({ kind }) => kind === 'float')
        if (sampler === 'botorch' && !numeric) continue
        runs.push(await runPeer(peer, sampler, objective, repeat))
      } else {
        const own = runFunctions({
          functions: [name],
          samplers: [sampler],
          evaluations,
          repeats: 1,
          seed: seed + repeat,
          backend,
        })
        runs.push({ ...own.runs[0]!, repeat })
      }
    }
    process.stderr.write(`${name} repeat ${repeat + 1}/${repeats}\n`)
  }
  report(runs.filter((run) => run.function === name))
  if (flags.json) writeFileSync(flags.json, JSON.stringify({ evaluations, repeats, seed, runs }))
}
if (flags.pool) {
  const { ours, theirs } = await measurePool(peer, backend)
  process.stdout.write(
    `pool of 1,000, n=200, d=384, warm: krige ${ours.toFixed(1)} ms, botorch ${theirs.toFixed(1)} ms, ` +
      `ratio ${(theirs / ours).toFixed(1)}\n`,
  )
}

peer.close()

/** The noise a repeat meets is the one `runFunctions` would give it. */
async function runPeer(
  peer: PeerProcess,
  sampler: string,
  objective: ObjectiveFunction,
  repeat: number,
): Promise<FunctionRun> {
  const noise = createRandom(seed + repeat)
    .split(objective.name)
    .split(0)
    .split('noise')
  await peer.request({
    op: 'start',
    sampler,
    space: objective.space,
    seed: seed + repeat,
    deterministic: objective.noise === 0,
  })
  const regret: number[] = []
  const askMilliseconds: number[] = []
  const trueRegret = (parameters: unknown) =>
    objective.value(parameters as Record<string, ParameterValue>) - objective.minimum
  for (let t = 0; t < evaluations; t++) {
    const { parameters, milliseconds } = await peer.request({ op: 'ask' })
    const value = trueRegret(parameters)
    askMilliseconds.push(Number(milliseconds))
    regret.push(Math.min(value, regret.at(-1) ?? Number.POSITIVE_INFINITY))
    const disturbance = objective.noise > 0 ? objective.noise * noise.normal() : 0
    await peer.request({ op: 'tell', value: value + disturbance })
  }
  const { parameters } = await peer.request({ op: 'recommend' })
  return {
    function: objective.name,
    sampler,
    repeat,
    regret,
    askMilliseconds,
    recommendedRegret: trueRegret(parameters),
  }
}

function report(of: readonly FunctionRun[]): void {
  const checkpoints = [...new Set([30, 50, evaluations])].filter((at) => at <= evaluations)
  const rows = summariseFunctions({ runs: of }, checkpoints)
  const last = rows.filter((row) => row.evaluations === evaluations)
  const ours = last.find((row) => row.sampler === 'gp')?.medianAskMilliseconds
  process.stdout.write(
    `\n${of[0]?.function}: median regret at ${checkpoints.join('/')}; of the recommended point; median ask\n`,
  )
  for (const { sampler, medianAskMilliseconds, medianRecommendedRegret } of last) {
    const medians = rows.filter((row) => row.sampler === sampler).map((row) => row.quartiles[1].toExponential(1))
    const ratio = ours ? `${(medianAskMilliseconds / ours).toFixed(1)}× gp` : ''
    process.stdout.write(
      `  ${sampler.padEnd(11)} ${medians.join(' / ')}   ${medianRecommendedRegret?.toExponential(2)}   ` +
        `${medianAskMilliseconds.toFixed(2)} ms ${ratio}\n`,
    )
  }
}

function findPython(): string {
  const given = process.env['KRIGE_PYTHON']
  if (given) return given
  const interpreter = join(here, '.venv', 'bin', 'python')
  if (!existsSync(interpreter)) {
    process.stderr.write('making native-bench/peers/.venv (once; several minutes)\n')
    execFileSync('python3', ['-m', 'venv', join(here, '.venv')], { stdio: 'inherit' })
    execFileSync(interpreter, ['-m', 'pip', 'install', '-q', '-r', join(here, 'requirements.txt')], {
      stdio: 'inherit',
    })
  }
  return interpreter
}
