import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createJsBackend } from '../../../src/numerics/linalg/index.ts'
import { createCellScores } from '../../../src/policy/cell-scores.ts'
import { createExampleChooser } from '../../../src/policy/krige/choose-examples.ts'
import { krigeOptionsSchema } from '../../../src/policy/krige/options.ts'
import type { Redundancy } from '../../../src/policy/krige/redundancy.ts'
import { createPromptModel } from '../../../src/surrogate/prompt/prompt-model.ts'
import { promptPool } from '../play.ts'

const EXAMPLES = 12

describe('the choice of examples', () => {
  /** The example asked of prompt 0 when example 0 tells most and is crowded, after so many looks of its own. */
  function chosen(looks: number): number {
    const pool = promptPool(3)
    const log = createObservationLog()
    for (let e = 0; e < looks; e++) log.append({ candidate: 0, example: EXAMPLES - 1 - e, repeat: 0, score: e % 2 })
    log.append({ candidate: 1, example: 0, repeat: 0, score: 1 })
    const beliefs = {
      ...createPromptModel(pool).fit(log, log.length),
      ability: new Float64Array(3),
      sharedFailures: { variance: 2, designEffect: 1 },
    }
    const cells = createCellScores(EXAMPLES)
    cells.read(log)
    const context = { seed: 1, space: {}, exampleCount: EXAMPLES, evaluationBudget: 60, estimand: 'set' as const }
    const choose = createExampleChooser({ ...context, backend: createJsBackend() }, krigeOptionsSchema.parse({}), cells)
    // p = 1/2 on example 0, 10/11 or so elsewhere; everything known well.
    const examples = {
      easiness: Float64Array.from({ length: EXAMPLES }, (_, e) => (e === 0 ? 0 : 2)),
      variance: new Float64Array(EXAMPLES).fill(0.01),
    }
    const redundancy: Redundancy = {
      read: () => undefined,
      of: () => new Map([[0, 3]]),
    }
    return choose(0, { beliefs, examples, redundancy, taken: new Map() }, 1)[0]!
  }

  it('keeps a prompt nobody knows from the example that all its kind were asked', () => {
    expect(chosen(0)).not.toBe(0)
  })

  it('asks it all the same once the prompt has shown what it can do itself', () => {
    expect(chosen(8)).toBe(0)
  })
})
