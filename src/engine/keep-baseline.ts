import type { Recommendation } from '../policy/policy.ts'
import { countDrafts } from '../study/draft-counts.ts'
import { createFeasibility, FEASIBLE } from '../study/feasibility.ts'
import type { StudyState } from '../study/state.ts'
import { posteriorInterval } from '../study/verdict.ts'

/** A lead of fewer standard deviations than this is none: who wrote prompts must do better than chance. */
const LEAD = 0.5
/** With fewer answers nothing is said of them. */
const TELLING = 8

/**
 * What is recommended where prompts were written: the baseline, unless another is probably better or the baseline breaks a
 * constraint. Where prompts came with the task, as it was.
 */
export function keepBaseline(
  state: StudyState,
  recommendation: Recommendation,
  baseline: number | undefined,
): Recommendation {
  const { candidate, means, standardDeviations } = recommendation
  if (baseline === undefined || candidate === baseline || state.generations.length === 0) return recommendation
  const { constraints = [] } = state.config
  if (createFeasibility(constraints, state.measurements).of(baseline).probability < FEASIBLE) return recommendation
  const lead = state.turned(means[candidate]!) - state.turned(means[baseline]!)
  const spread = Math.hypot(standardDeviations[candidate]!, standardDeviations[baseline]!)
  if (lead > LEAD * spread) return recommendation
  const mean = means[baseline]!
  const interval = posteriorInterval(mean, standardDeviations[baseline]!, [...means])
  return { ...recommendation, candidate: baseline, mean, interval, expectedGainOf100: 0 }
}

/** Where prompts were written in vain: that it is so, and what is known of why. */
export function sayWhyNot(state: StudyState, winner: number, baseline: number | undefined, verdict: string): string[] {
  const drafts = countDrafts(state)
  if (!drafts || baseline === undefined || (winner !== baseline && verdict !== 'no improvement')) return []
  const within = state.config.constraints ? ' and keeps the constraints' : ''
  const said = [
    drafts.measured === 0
      ? 'No improvement found: no further prompt came about, so the baseline stays.'
      : `No improvement found: of ${drafts.measured} prompts that were written and measured none is better than the baseline${within}, so the baseline stays.`,
  ]
  const refused = Object.entries(drafts.rejected).sort(([, a], [, b]) => b - a)
  const rejected = refused.reduce((sum, [, count]) => sum + count, 0)
  if (drafts.written === rejected) {
    said.push(
      rejected > 0
        ? `Everything that was written was refused: ${refused.map(([reason, count]) => `${count} ${reason}`).join(', ')}. Try another generator.`
        : whyNothing(state),
    )
  }
  return said
}

/** Where every score is 0, which a search among prompts cannot mend: what to look at. */
export function sayNoneRight({ candidates, config, observations, holdout }: StudyState): string[] {
  const isOfPrompts = candidates.some(({ text, slots }) => text !== undefined || slots !== undefined)
  // The least loss is as good as can be.
  if (!isOfPrompts || config.direction === 'minimize') return []
  const scores = [observations, holdout].flatMap((log) => Array.from({ length: log.length }, (_, i) => log.score(i)))
  const told = scores.filter((score) => !Number.isNaN(score))
  if (told.length < TELLING || told.some((score) => score !== 0)) return []
  return [
    `None of ${told.length} answers was right, whatever the prompt: look at the form of the answers, the metric and maxOutputTokens first.`,
  ]
}

/** Where nothing was written. */
function whyNothing({ generations }: StudyState): string {
  const [error] = generations.flatMap((generation) => generation.error ?? [])
  if (error === undefined && generations.every(({ calls }) => calls === 0)) {
    return 'The proposers found nothing in the prompt to work with, and asked no generator. Name others, or leave proposers out.'
  }
  return `The proposers wrote no prompt that could be read${error === undefined ? '' : ` (${error})`}. Try another generator, or more proposers.`
}
