/**
 * Whether a study that is taken up again is the one that its task began.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { Embedder } from '../embedding/embedder.ts'
import { ConflictError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'
import { constraintText } from '../history/constraint.ts'
import { type LearnedPrior, parsePrior } from '../policy/prior/learned-prior.ts'
import type { StudyConfig } from '../study/events.ts'
import type { Study } from '../study/study.ts'
import type { Task } from '../task/task.ts'
import type { EarlierStudy } from './earlier-study.ts'
import { contentOf } from './optimize-pool.ts'

/** In place of a model or metric where the task's own program calls and scores. */
const PROGRAM = 'program'

/** What must not change between two runs of a study, in pieces that can be named when they do. */
export function fingerprintOf(
  task: Task,
  evaluator: Evaluator,
  embedder: Embedder | undefined,
  earlier: readonly EarlierStudy[] = [],
): StudyConfig['fingerprint'] {
  const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
  return {
    task: task.name,
    model: task.model === undefined ? PROGRAM : publicModelName(task.model),
    metric: task.evaluate === undefined ? task.metric.name : PROGRAM,
    sampling: JSON.stringify(task.sampling),
    examples: hash(task.examples),
    split: hash([task.split.search, task.split.holdout]),
    scoring: task.fingerprint.slice(0, 16),
    evaluator: hash(evaluator.id),
    ...(task.constraints ? { constraints: task.constraints.map(constraintText).join('; ') } : {}),
    ...(task.prefer && task.prefer !== 'score' ? { prefer: task.prefer } : {}),
    embedder: embedder?.id ?? 'none',
    warmStart: earlier.map(({ name }) => name).join(', ') || 'none',
  }
}

export function checkSameStudy(
  config: StudyConfig,
  fingerprint: Readonly<Record<string, string>>,
  wanted: Pick<StudyConfig, 'policy' | 'seed' | 'space'>,
): void {
  const chosen = ({ policy, seed, space }: typeof wanted) => ({
    policy,
    seed: String(seed),
    parameters: JSON.stringify(space),
  })
  const before: Record<string, string> = { ...config.fingerprint, ...chosen(config) }
  const now: Record<string, string> = { ...fingerprint, ...chosen(wanted) }
  const keys = new Set([...Object.keys(now), 'constraints', 'prefer'])
  // Earlier versions named the metric that a program does not use: another program differs in its scoring. They kept nothing
  // of a warm start.
  const isKept = (key: string) =>
    !(key === 'metric' && now[key] === PROGRAM) && !(key === 'warmStart' && before[key] === undefined)
  const differing = [...keys].filter((key) => before[key] !== now[key] && isKept(key))
  if (differing.length === 0) return
  // What is behind these hashes stands in them, too: told once.
  const named = differing.filter((key) => !differing.some((other) => BEHIND[key]?.has(other)))
  const details = named.map((key) =>
    HASHED[key] === undefined
      ? `${key} was ${before[key] ?? 'absent'}, is ${now[key] ?? 'absent'}`
      : `${HASHED[key]} changed`,
  )
  throw new ConflictError(`study ${config.name} was started differently: ${details.join('; ')}`, {
    remedy: 'Start another study (--study NAME, or study in code), or restore what it was started with.',
  })
}

/** Pieces of which only a hash is kept, as messages name them. */
const HASHED: Readonly<Record<string, string>> = {
  examples: 'the examples',
  split: 'the split',
  scoring: 'what a prompt is scored by (template, stages, metric, system or evaluate)',
  evaluator: 'the code of the metric or program, or the file of the model (evaluator)',
}
const BEHIND: Readonly<Record<string, ReadonlySet<string>>> = {
  scoring: new Set(['model', 'metric', 'sampling', 'examples', 'split']),
  evaluator: new Set(['model', 'metric', 'sampling', 'scoring']),
}

/** A study goes on with the prior it was started with, which its log holds. */
export function checkSamePrior({ name, prior: before }: StudyConfig, now: LearnedPrior | undefined): void {
  if (now === undefined || JSON.stringify(before) === JSON.stringify(parsePrior(now))) return
  throw new ConflictError(`study ${name} was started with ${before ? 'another' : 'no'} prior`, {
    remedy: 'Leave the prior out to go on as it began, or start another study (--study NAME, or study in code).',
  })
}

/** Prompts may be added to a study that has begun, never changed or taken away. */
export function syncPool(study: Study, task: Task): void {
  const { state } = study
  const known = new Map(task.pool.map((candidate) => [candidate.id, candidate]))
  for (const kept of state.candidates) {
    const now = known.get(kept.id)
    if (now && contentOf(now) === contentOf(kept)) continue
    if (!now && (kept.origin?.by === 'policy' || kept.origin?.by === 'proposer' || kept.origin?.by === 'hand')) continue
    throw new ConflictError(
      `prompt ${kept.id} was ${now ? 'changed' : 'removed'} since study ${state.config.name} began`,
      {
        remedy: 'Give a changed prompt a new id, or start another study (--study NAME, or study in code).',
      },
    )
  }
  study.add(task.pool.filter((candidate) => !state.indexById.has(candidate.id)))
}
