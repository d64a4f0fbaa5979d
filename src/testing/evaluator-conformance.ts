import type { CallEstimate, CallReport, EvaluationRequest, Evaluator } from '../evaluation/evaluator.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import { type ConformanceCheck, require } from './conformance.ts'

export interface EvaluatorConformanceOptions {
  /** A candidate that it can measure. */
  readonly candidate: Candidate
  /** Examples on which that gives a score. At least two. */
  readonly examples: readonly Example[]
}

/**
 * What an evaluator owes. A cell gives a finite score or a failure, and never a throw. Every call is reserved before it is
 * sent, and settled or released once; no more are sent than reported. A refused reservation is a failure of kind `budget`, an
 * aborted signal one that is not scored. The same cell gives the same score unless it says that it is random.
 *
 * @param open Opens one that has measured nothing, so that no answer comes from a cache; each check closes its own.
 * @example
 * const cells = { candidate: { id: 'a', text: 'Bug or billing?' }, examples: task.examples.slice(0, 3) }
 * for (const { name, run } of evaluatorConformance(() => evaluator, cells)) it(name, run)
 */
export function evaluatorConformance(
  open: () => Evaluator | Promise<Evaluator>,
  { candidate, examples }: EvaluatorConformanceOptions,
): ConformanceCheck[] {
  const check = (name: string, work: (evaluator: Evaluator) => Promise<void>): ConformanceCheck => ({
    name,
    async run() {
      const evaluator = await open()
      try {
        await work(evaluator)
      } finally {
        await evaluator.close()
      }
    },
  })
  const cell = (example: Example): EvaluationRequest => ({ candidate, example, repeat: 0, seed: 1 })
  return [
    check('names itself and how much it does side by side', async ({ id, concurrency }) => {
      require(id.trim() !== '', 'id is empty')
      require(Number.isInteger(concurrency) &&
        concurrency > 0, `concurrency is ${concurrency}; expected a whole number`)
    }),
    check('gives a score and what it took', async (evaluator) => {
      for (const example of examples) {
        const { score, failure, usage, calls, milliseconds } = await evaluator.evaluate(cell(example))
        require(failure === undefined, `a cell failed: ${failure?.message}`)
        require(Number.isFinite(score), `the score is ${score}; expected a finite number`)
        const { inputTokens, outputTokens } = usage
        for (const [what, value] of Object.entries({ calls, inputTokens, outputTokens, milliseconds })) {
          require(Number.isFinite(value) && value >= 0, `${what} is ${value}; expected at least 0`)
        }
      }
    }),
    check('gives one cell one score, unless it is random', async (evaluator) => {
      const [first, second] = [
        await evaluator.evaluate(cell(examples[0]!)),
        await evaluator.evaluate(cell(examples[0]!)),
      ]
      require(evaluator.random || first.score === second.score, `one cell scored ${first.score} and ${second.score}`)
    }),
    check('measures cells side by side as one after another', async (evaluator) => {
      const together = await Promise.all(examples.map((example) => evaluator.evaluate(cell(example))))
      for (const [index, example] of examples.entries()) {
        const { score } = await evaluator.evaluate(cell(example))
        require(evaluator.random ||
          score === together[index]!.score, `examples[${index}] scores otherwise beside others`)
      }
    }),
    check('reserves each call before it is sent, and settles it once', async (evaluator) => {
      for (const example of examples) {
        const reservations: { readonly estimate: CallEstimate; ends: number; sent?: CallReport }[] = []
        const { calls } = await evaluator.evaluate({
          ...cell(example),
          reserve(estimate) {
            const reservation: (typeof reservations)[number] = { estimate, ends: 0 }
            reservations.push(reservation)
            return {
              settle(report) {
                reservation.ends++
                reservation.sent = report
              },
              release: () => void reservation.ends++,
            }
          },
        })
        require(reservations.every(({ ends }) => ends === 1), 'a reservation was not settled or released exactly once')
        const sent = reservations.filter((each) => each.sent)
        require(sent.length === calls, `${calls} calls are reported; ${sent.length} were reserved and sent`)
        const most = evaluator.estimate(candidate, example)
        const first = reservations.filter(({ estimate }) => estimate.attempt === 0)
        require(first.length <= most.calls, `${first.length} calls were reserved; estimate() says ${most.calls}`)
        for (const { estimate, sent: report } of sent) {
          const took = report!.usage.outputTokens
          require(took <= estimate.maxOutputTokens, `${took} tokens came; ${estimate.maxOutputTokens} were reserved`)
        }
      }
    }),
    check('fails by the budget where a call is refused', async (evaluator) => {
      if (evaluator.estimate(candidate, examples[0]!).calls === 0) return
      const { failure, calls } = await evaluator.evaluate({ ...cell(examples[0]!), reserve: () => undefined })
      require(failure?.kind === 'budget', `it gave ${failure?.kind ?? 'a score'}; expected a failure of kind budget`)
      require(calls === 0, `${calls} calls were sent`)
    }),
    check('gives no score once its signal is aborted', async (evaluator) => {
      const { failure, calls } = await evaluator.evaluate({ ...cell(examples[0]!), signal: AbortSignal.abort() })
      require(failure !== undefined, 'it gave a score')
      require(calls === 0, `${calls} calls were sent`)
    }),
  ]
}
