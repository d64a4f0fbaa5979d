import { ConflictError, InvalidArgumentError } from '../errors.ts'
import { evaluationsLeft } from '../study/allowance.ts'
import type { AskedComparison, AskedEvaluation } from '../study/asked.ts'
import type { StudyState } from '../study/state.ts'
import type { Study } from '../study/study.ts'
import type { Conclusion } from '../study/verdict.ts'
import { concludeSearch } from './conclude.ts'
import { keepBaseline } from './keep-baseline.ts'

export interface ConcludeOptions {
  /** Smaller differences are not worth changing a prompt for. @defaultValue 0.05 */
  readonly relevantDifference?: number
}

/** Held-out cells that are to be measured and told first, or the verdict. */
export type Concluding =
  | { readonly kind: 'measure'; readonly actions: readonly (AskedEvaluation | AskedComparison)[] }
  | { readonly kind: 'concluded'; readonly conclusion: Conclusion }

/**
 * Ends a study that its caller measures: is the winner really better than the baseline? Where examples are held out, winner
 * and baseline are measured on them first: tell those actions, and call it again. Called again after the verdict it says the
 * same. Whoever goes on asking may conclude anew.
 *
 * @throws ConflictError where actions of the search are open, or nothing has a score: then there is no winner.
 * @example
 * const asked = study.ask()
 * if (asked.kind === 'evaluate') study.tell(asked.id, asked.examples.map(() => 1))
 * const concluding = concludeStudy(study)
 * concluding.kind === 'concluded' && concluding.conclusion.verdict // 'undecided': nothing was held out
 */
export function concludeStudy(study: Study, { relevantDifference }: ConcludeOptions = {}): Concluding {
  const { state } = study
  if (relevantDifference !== undefined && !(relevantDifference >= 0 && Number.isFinite(relevantDifference))) {
    throw new InvalidArgumentError(`relevantDifference is ${relevantDifference}; expected at least 0`)
  }
  const open = [...state.actions].flatMap(([id, action]) =>
    action.kind === 'generate' || action.split === 'search' ? [id] : [],
  )
  if (open.length > 0) {
    throw new ConflictError(`the study waits for ${open.length === 1 ? 'action' : 'actions'} ${open.join(', ')}`, {
      remedy: 'Tell what was measured and release the rest, then conclude.',
    })
  }
  const { baseline: name } = state.config
  const baseline = name === undefined ? undefined : state.indexById.get(name)
  const recommended = study.recommend()
  if (!recommended) {
    throw new ConflictError('nothing has a score, so there is no winner', { remedy: 'Ask, measure and tell first.' })
  }
  const recommendation = keepBaseline(state, recommended, baseline)
  const isComplete = askHoldout(study, recommendation.candidate, baseline)
  const actions = openOnHoldout(state)
  if (actions.length > 0) return { kind: 'measure', actions }
  const reason = evaluationsLeft(state) < 1 ? 'the budget of the search is spent' : 'its caller ended it'
  const warnings = isComplete ? [] : ['The budget ended before the holdout was complete.']
  const conclusion = concludeSearch(study, recommendation, reason, baseline, warnings, relevantDifference)
  // Said before, by the run that measured it, too: that has reasons and warnings of its own.
  if (state.conclusion && findingOf(state.conclusion) === findingOf(conclusion)) {
    return { kind: 'concluded', conclusion: state.conclusion }
  }
  study.conclude(conclusion)
  return { kind: 'concluded', conclusion }
}

const findingOf = ({ reason: _, warnings: __, ...finding }: Conclusion) => JSON.stringify(finding)

/**
 * Asks for what is missing on the holdout, as far as the budget goes: of the first examples, so that all come in pairs.
 *
 * @returns Whether the budget is enough.
 */
function askHoldout(study: Study, winner: number, baseline: number | undefined): boolean {
  const { state } = study
  const wanted: readonly Wanted[] =
    state.config.response === 'comparison'
      ? baseline === undefined || baseline === winner
        ? [] // A prompt is not compared with itself.
        : [
            {
              isAsked: (example) => state.hasComparison('holdout', winner, baseline, example),
              ask: (examples) => study.askHoldoutComparison(winner, baseline, examples),
            },
          ]
      : [...new Set([winner, baseline ?? winner])].map((candidate) => ({
          isAsked: (example) => state.holdoutCells.has(candidate, example, 0),
          ask: (examples) => study.askHoldout(candidate, examples),
        }))
  const missing: number[][] = wanted.map(() => [])
  let { evaluations: left } = state.ledger.left()
  let isEnough = true
  for (let example = 0; example < state.config.holdoutCount; example++) {
    const lacking = missing.filter((_, place) => !wanted[place]!.isAsked(example))
    isEnough = lacking.length <= left
    if (!isEnough) break
    left -= lacking.length
    for (const examples of lacking) examples.push(example)
  }
  wanted.forEach(({ ask }, place) => {
    if (missing[place]!.length > 0) ask(missing[place]!)
  })
  return isEnough
}

interface Wanted {
  isAsked(example: number): boolean
  ask(examples: readonly number[]): void
}

function openOnHoldout({ actions, candidates }: StudyState): (AskedEvaluation | AskedComparison)[] {
  return [...actions].flatMap(([id, action]): (AskedEvaluation | AskedComparison)[] => {
    if (action.kind === 'generate' || action.split !== 'holdout') return []
    const { candidate, rival, examples, repeat = 0 } = action.asked
    const asked = { id, candidate: candidates[candidate]!, index: candidate, examples, repeat, split: action.split }
    if (rival === undefined) return [{ kind: 'evaluate', ...asked }]
    return [{ kind: 'compare', ...asked, rival: { candidate: candidates[rival]!, index: rival } }]
  })
}
