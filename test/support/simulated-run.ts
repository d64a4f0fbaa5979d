import fc from 'fast-check'
import type { CellEvaluator } from '../../src/engine/cell.ts'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { KrigeError } from '../../src/errors.ts'
import { failure } from '../../src/history/failure.ts'
import { createBackend } from '../../src/numerics/linalg/create-backend.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { breadthFirst, pool } from '../study/breadth-first.ts'

/** Limits and misfortunes of a search without a model. */
export const simulatedRun = fc.record({
  evaluations: fc.integer({ min: 1, max: 40 }),
  calls: fc.integer({ min: 1, max: 40 }),
  tokens: fc.integer({ min: 15, max: 600 }),
  usd: fc.double({ min: 0.001, max: 0.05, noNaN: true }),
  concurrency: fc.integer({ min: 1, max: 64 }),
  holdout: fc.integer({ min: 0, max: 5 }),
  failureRate: fc.double({ min: 0, max: 1, noNaN: true }),
  seed: fc.nat(),
})

type SimulatedRun = typeof simulatedRun extends fc.Arbitrary<infer Value> ? Value : never

/** Made once: compiling a backend takes longer than a run. */
const backend = createBackend('js')
const WORST = { inputTokens: 10, outputTokens: 5, usd: 0.001 }

/** Runs it with random failures, retries and latencies. Returns what broke a promise; nothing as a rule. */
export async function overshoots(run: SimulatedRun): Promise<string[]> {
  const { evaluations, calls, tokens, usd, concurrency, holdout, failureRate } = run
  let state = run.seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const study = createStudy({
    pool: pool(5),
    policy: breadthFirst,
    exampleCount: 6,
    budget: { evaluations, calls, tokens, usd },
    baseline: 'p0',
    holdoutCount: 5,
    holdoutEvaluations: holdout * 2 < evaluations ? holdout * 2 : 0,
    keepLog: false,
    backend,
  })
  let sent = 0
  const evaluate: CellEvaluator = async ({ index, example, reserve }) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const call = await reserve(WORST)
      if (!call) return { failure: failure('budget', 'the budget allows no further call') }
      sent++
      for (let turn = random() * 4; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
      call.settle({ ...WORST, outputTokens: Math.floor(random() * 6), usd: random() * WORST.usd })
      if (random() >= failureRate) return { score: (index + example) % 2 }
    }
    return { failure: failure('program', 'HTTP 500') }
  }
  let paused = false
  try {
    const journal = createJournal(study, { append: async () => {} })
    await runSearch({ study, journal, evaluate, concurrency, holdoutExamples: holdout })
  } catch (error) {
    // Too small a budget, nothing measured, or paused because all failed: none may overshoot.
    if (!KrigeError.isInstance(error) || !['budget', 'model', 'unavailable'].includes(error.code)) throw error
    // What was in flight when it paused stays open for the resume.
    paused = error.code === 'unavailable'
  }
  const { spent, reserved } = study.state.ledger
  const broken: string[] = []
  const check = (what: string, holds: boolean) => {
    if (!holds) broken.push(what)
  }
  check('every call sent is charged once', sent === spent.calls)
  check('calls', sent <= calls)
  check('evaluations', spent.evaluations <= evaluations)
  check('tokens', spent.inputTokens + spent.outputTokens <= tokens)
  check('usd', spent.usd <= usd + 1e-9)
  check('nothing stays reserved', reserved.calls === 0 && (paused || reserved.evaluations === 0))
  return broken
}
