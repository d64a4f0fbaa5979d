/**
 * What `krige bench compare` says about one or several result files.
 *
 * @module
 */
import { basename } from 'node:path'
import { mean } from 'simple-statistics'
import { InvalidInputError } from '../../errors.ts'
import { type Calibration, calibrationOf } from '../statistics/calibration.ts'
import { compareRanks, type RankComparison } from '../statistics/friedman.ts'
import { type ErrorKind, type PairedDifference, pairedDifference } from '../statistics/paired-difference.ts'
import { taskError } from '../statistics/task-error.ts'
import type { BenchResults, BenchRun } from '../tables/bench-results.ts'

export interface ComparedPolicy {
  readonly policy: string
  readonly runs: number
  /** Mean over tasks. */
  readonly meanError: number
  /** Against the reference, negative when this policy is better; undefined for the reference itself. */
  readonly difference?: PairedDifference
}

export interface FractionComparison {
  readonly fraction: number
  readonly kind: ErrorKind
  /** Best first. */
  readonly policies: readonly ComparedPolicy[]
  /** Over the tasks on which all of these ran. */
  readonly ranks: RankComparison & { readonly policies: readonly string[] }
}

export interface Comparison {
  readonly reference: string
  readonly policies: readonly string[]
  readonly tables: readonly string[]
  readonly tasks: readonly string[]
  readonly repeats: number
  readonly fractions: readonly FractionComparison[]
  /** The same over holdout columns; empty where no table has any. */
  readonly holdout: readonly FractionComparison[]
  /** How often intervals cover, of runs recorded with `--details`. */
  readonly calibration: readonly Calibration[]
  /** What a reader must know to trust it. */
  readonly notes: readonly string[]
}

export interface ResultFile {
  readonly file: string
  readonly results: BenchResults
}

/**
 * Merges result files: a policy that two of them ran apart is told apart by file name.
 *
 * @throws InvalidInputError when there is no run, or two files hold the same table under one name with other contents.
 */
export function mergeResults(files: readonly ResultFile[]): { runs: BenchRun[]; notes: string[] } {
  const notes: string[] = []
  const fingerprints = new Map<string, { fingerprint: string; file: string }>()
  const seeds = new Set<number>()
  for (const { file, results } of files) {
    if (results.settings) seeds.add(results.settings.seed)
    for (const [name, fingerprint] of Object.entries(results.settings?.tables ?? {})) {
      const other = fingerprints.get(name)
      if (other && other.fingerprint !== fingerprint) {
        throw new InvalidInputError(`table ${name} is not the same in ${other.file} and ${file}`, {
          remedy: 'Compare results of the same tables.',
        })
      }
      fingerprints.set(name, { fingerprint, file })
    }
  }
  if (seeds.size > 1)
    notes.push('The files have different seeds: runs are matched by table and repeat, but not paired.')
  const labels = new Map<string, Set<string>>()
  for (const { file, results } of files) {
    for (const { policy } of results.runs) labels.set(policy, (labels.get(policy) ?? new Set()).add(file))
  }
  const runs = files.flatMap(({ file, results }) =>
    results.runs.map((run) =>
      labels.get(run.policy)!.size > 1 ? { ...run, policy: `${run.policy} (${basename(file, '.json')})` } : run,
    ),
  )
  if (runs.length === 0) {
    throw new InvalidInputError('the result files hold no run', {
      remedy: 'Run `krige bench tables … --json FILE` first.',
    })
  }
  return { runs, notes }
}

/**
 * @param reference What the others are compared with. @defaultValue `krige` where it ran, else the best at the largest fraction
 * @throws InvalidInputError when the reference is not among the policies.
 */
export function compareResults(files: readonly ResultFile[], reference?: string): Comparison {
  const { runs, notes } = mergeResults(files)
  const policies = [...new Set(runs.map(({ policy }) => policy))]
  const fractions = [...new Set(runs.map(({ fraction }) => fraction))].sort((a, b) => a - b)
  const last = runs.filter(({ fraction }) => fraction === fractions.at(-1))
  const chosen = reference ?? (policies.includes('krige') ? 'krige' : meansByPolicy(last, policies, 'error')[0]!.policy)
  if (!policies.includes(chosen)) {
    throw new InvalidInputError(`--reference is "${chosen}"; no run is of that policy`, {
      remedy: `Policies in these files: ${policies.join(', ')}.`,
    })
  }
  const compare = (kind: ErrorKind) =>
    fractions.flatMap((fraction) => {
      const here = runs.filter((run) => run.fraction === fraction && run[kind] !== undefined)
      return here.length === 0 ? [] : [compareFraction(here, fraction, policies, chosen, kind)]
    })
  const tasks = [...new Set(runs.map(({ task }) => task))].sort()
  if (tasks.length < 5)
    notes.push(`Only ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}: an interval over tasks says little.`)
  const uneven = new Set(policies.map((policy) => runs.filter((run) => run.policy === policy).length)).size > 1
  if (uneven) notes.push('Policies have different numbers of runs: differences use those in common, means all of them.')
  return {
    reference: chosen,
    policies,
    tables: [...new Set(runs.map(({ table }) => table))].sort(),
    tasks,
    repeats: Math.max(...runs.map(({ repeat }) => repeat)) + 1,
    fractions: compare('error'),
    holdout: compare('holdoutError'),
    calibration: calibrationOf(runs),
    notes,
  }
}

function compareFraction(
  runs: readonly BenchRun[],
  fraction: number,
  policies: readonly string[],
  reference: string,
  kind: ErrorKind,
): FractionComparison {
  const means = meansByPolicy(runs, policies, kind)
  const present = means.map(({ policy }) => policy)
  const blocks = [...Map.groupBy(runs, ({ task }) => task).values()].flatMap((block) => {
    const errors = present.map((policy) => {
      const own = block.filter((run) => run.policy === policy)
      return own.length === 0 ? Number.NaN : mean(own.map((run) => run[kind]!))
    })
    return errors.some(Number.isNaN) ? [] : [errors]
  })
  return {
    fraction,
    kind,
    policies: means.map(({ policy, meanError, runs: count }) => {
      const difference = policy === reference ? undefined : pairedDifference(runs, policy, reference, fraction, kind)
      return { policy, meanError, runs: count, ...(difference ? { difference } : {}) }
    }),
    ranks: { ...compareRanks(blocks), policies: present },
  }
}

function meansByPolicy(runs: readonly BenchRun[], policies: readonly string[], kind: ErrorKind) {
  return policies
    .flatMap((policy) => {
      const own = runs.filter((run) => run.policy === policy && run[kind] !== undefined)
      if (own.length === 0) return []
      const byTask = [...Map.groupBy(own, ({ task }) => task).values()]
      const meanError = mean(byTask.map((task) => taskError(task, kind)))
      return [{ policy, meanError, runs: own.length }]
    })
    .sort((a, b) => a.meanError - b.meanError)
}
