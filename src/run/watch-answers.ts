import { KrigeError } from '../errors.ts'
import type { Evaluation } from '../evaluation/evaluator.ts'

export interface AnswerWatch {
  /**
   * Takes note of an evaluation.
   *
   * @throws KrigeError `model` when the first answers are all empty.
   */
  look(evaluation: Evaluation): void
  /** What is to be told at the end. */
  warnings(): string[]
}

export interface WatchOptions {
  /** The limits of stages, where a task has some: one may well be cut on purpose. */
  readonly stages?: ReadonlyMap<string, number>
  /** Calls per evaluation that were planned for a program nobody limits. @defaultValue any number */
  readonly plannedCalls?: number
}

/** From this share on, empty or cut answers are told. */
const NOTABLE = 0.1
/** So many answers that are all empty say that the task is at fault, not the prompts. */
const FIRST = 8

/** What the model said, where a program or a judge makes the score: nothing where nothing was asked. */
function answered({ traces = [] }: Evaluation): string | undefined {
  const texts = traces.flatMap(({ role, text }) => (role === 'task' && text !== undefined ? [text] : []))
  return texts.length === 0 ? undefined : texts.join('')
}

/**
 * Counts answers that say nothing, and answers that reached `maxOutputTokens`: both mostly score 0, and a search among
 * zeros looks like any other. Tells where a program made more calls than were planned.
 *
 * @param maxOutputTokens - the limit, for messages.
 */
export function watchAnswers(
  maxOutputTokens: number,
  { stages = new Map(), plannedCalls = Number.POSITIVE_INFINITY }: WatchOptions = {},
): AnswerWatch {
  let answers = 0
  let empty = 0
  let cut = 0
  let mostCalls = 0
  const cutStages = new Map<string, number>()
  const scores = new Set<number>()
  const limit = `Raise sampling.maxOutputTokens (now ${maxOutputTokens}); models that think before they answer need hundreds.`
  return {
    look(evaluation) {
      const { output = answered(evaluation), score, metrics } = evaluation
      mostCalls = Math.max(mostCalls, metrics?.['calls'] ?? 0)
      if (output === undefined || score === undefined) return
      answers++
      if (output.trim() === '') empty++
      else if (evaluation.cut) {
        cut++
        for (const stage of evaluation.cutStages ?? []) cutStages.set(stage, (cutStages.get(stage) ?? 0) + 1)
      }
      scores.add(score)
      if (answers === FIRST && empty === FIRST && scores.size === 1) {
        throw new KrigeError('model', `the first ${FIRST} answers of the model are all empty`, {
          // What was told so far is in the study, and what was answered in the cache: both would judge the next try.
          remedy: `${limit} A model that calls tools instead of answering is no model for this task. Then start another study (--study NAME, or study in code), past the response cache (--no-cache) where the model was put right: the cache has these answers.`,
        })
      }
    },
    warnings() {
      const told = (count: number) => count >= 2 && count / answers >= NOTABLE
      return [
        ...(told(empty) ? [`${empty} of ${answers} answers were empty, and scored as such. ${limit}`] : []),
        ...[...cutStages]
          .filter(([, count]) => told(count))
          .map(([stage, count]) => {
            const now = stages.get(stage)
            const where = now === undefined ? '' : `; its sampling.maxOutputTokens is ${now}`
            return `Stage ${stage} was cut off at the limit of its length in ${count} of ${answers} evaluations${where}.`
          }),
        ...(told(cut) && cutStages.size === 0
          ? [`${cut} of ${answers} answers were cut off at the limit of their length. ${limit}`]
          : []),
        ...(mostCalls > plannedCalls
          ? [
              `The program made up to ${mostCalls} calls per evaluation, and ${plannedCalls} was planned. State limits: { calls: ${mostCalls} } in the task: the search and the holdout then share the budget by that.`,
            ]
          : []),
      ]
    },
  }
}
