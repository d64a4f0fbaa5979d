/**
 * `npm run bench:peers`: Krige's samplers beside Optuna and BoTorch, on the same functions and noise. Writes
 * `results.json.gz` and the tables of `README.md`, here; with `--json`, only that file.
 *
 *     npm run bench:peers -- [--groups noisy,noisy-long,mixed,plain] [--samplers gp,tpe,optuna-gp] [--repeats N] [--seed 1]
 *       [--no-timing] [--json FILE]
 *
 * Goes on with what `results.json.gz` has: delete it, or Krige's runs in it (`--fresh gp,tpe`), when code has changed.
 * Peers need Python 3.11 or newer. The first run of one makes `native-bench/peers/.venv` from `requirements.txt`; set
 * KRIGE_PYTHON to use an interpreter that has the packages.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { FunctionRun } from '../../src/bench/functions/run-functions.ts'
import { replaceSection } from '../../src/bench/prompts/replace-section.ts'
import { describeError, exitCodeOf } from '../../src/cli/exit-code.ts'
import { nameListOption, numberOption } from '../../src/cli/number-options.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { type PeerProcess, startPeer } from './peer-process.ts'
import { isOf, REGRET_GROUPS, runOnce } from './regret.ts'
import { regretMarkdown, timingMarkdown } from './report.ts'
import { measureTimings, type Timing } from './timing.ts'

interface PeerResults {
  readonly seed: number
  readonly timings: readonly Timing[]
  readonly runs: readonly FunctionRun[]
}

const SAMPLERS = ['gp', 'tpe', 'random', 'sobol', 'optuna-gp', 'optuna-tpe']

const here = import.meta.dirname
const { values: flags } = parseArgs({
  allowNegative: true,
  options: {
    groups: { type: 'string', default: REGRET_GROUPS.map(({ name }) => name).join(',') },
    samplers: { type: 'string', default: SAMPLERS.join(',') },
    seed: { type: 'string', default: '1' },
    fresh: { type: 'string', default: 'none' },
    repeats: { type: 'string' },
    timing: { type: 'boolean', default: true },
    json: { type: 'string' },
  },
})
const { seed, repeats: asked, samplers, groups, fresh } = checkedFlags()
const file = flags.json ?? join(here, 'results.json.gz')
const backend = createBackend()
const earlier: PeerResults | undefined = existsSync(file)
  ? JSON.parse(gunzipSync(readFileSync(file)).toString())
  : undefined
const runs = (earlier?.seed === seed ? earlier.runs : []).filter(({ sampler }) => !fresh.includes(sampler))
let timings = earlier?.timings ?? []

const save = (): void => {
  const rounded = runs.map((run) => ({
    ...run,
    regret: run.regret.map((value) => Number(value.toPrecision(6))),
    askMilliseconds: run.askMilliseconds.map((value) => Number(value.toPrecision(4))),
  }))
  const lines = rounded.map((run) => JSON.stringify(run)).join(',\n')
  writeFileSync(file, gzipSync(`{"seed":${seed},"timings":${JSON.stringify(timings)},"runs":[\n${lines}\n]}\n`))
}

/** Python and its packages are asked for only where a peer takes part. */
let started: PeerProcess | undefined
const peer = (): PeerProcess => {
  started ??= startPeer(findPython(), join(here, 'peer.py'))
  return started
}
if (flags.timing) {
  timings = await measureTimings(peer(), backend)
  save()
  process.stdout.write(`${timingMarkdown(timings)}\n\n`)
}
for (const group of REGRET_GROUPS) {
  const { name, functions, evaluations } = group
  const repeats = asked ?? group.repeats
  const known = (of: string, sampler: string, repeat: number) =>
    runs.some((run) => isOf(group, run) && run.function === of && run.sampler === sampler && run.repeat === repeat)
  if (!groups.includes(name)) continue
  for (const of of functions) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const sampler of samplers) {
        if (known(of, sampler, repeat)) continue
        runs.push(await runOnce(sampler, of, repeat, { evaluations, seed, backend, peer }))
      }
      save()
      process.stderr.write(`${of} repeat ${repeat + 1}/${repeats}\n`)
    }
  }
}
started?.close()
process.stdout.write(`${regretMarkdown(runs)}\n`)
if (flags.json === undefined) {
  const readme = join(here, 'README.md')
  const text = replaceSection(readFileSync(readme, 'utf8'), 'peers:timings', timingMarkdown(timings))
  writeFileSync(readme, replaceSection(text, 'peers:regrets', regretMarkdown(runs)))
}

function checkedFlags() {
  try {
    const count = numberOption('--repeats', { integer: true, minimum: 1 })
    return {
      seed: numberOption('--seed', { integer: true, minimum: 0 })(flags.seed),
      repeats: flags.repeats === undefined ? undefined : count(flags.repeats),
      samplers: namesFrom('--samplers', flags.samplers, SAMPLERS),
      groups: namesFrom(
        '--groups',
        flags.groups,
        REGRET_GROUPS.map(({ name }) => name),
      ),
      fresh: namesFrom('--fresh', flags.fresh, SAMPLERS),
    }
  } catch (error) {
    process.stderr.write(`bench:peers: ${describeError(error, process.env['KRIGE_DEBUG'] === '1')}\n`)
    process.exit(exitCodeOf(error))
  }
}

/** `none` is no name. */
function namesFrom(option: string, written: string, known: readonly string[]): readonly string[] {
  const names = nameListOption(option)(written).filter((name) => name !== 'none')
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length === 0) return names
  throw new InvalidInputError(`${option} has unknown ${unknown.join(', ')}`, {
    remedy: `Known: ${known.join(', ')}, none.`,
  })
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
