import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../src/history/observation-log.ts'
import type { Generation } from '../../src/policy/policy.ts'
import { chooseStage, type STAGE_CHOICES } from '../../src/policy/stage-choice.ts'

const context = { stages: ['extract', 'check', 'repair'], seed: 1, evaluationBudget: 90 }
const generation: Generation = {
  action: 1,
  proposer: 'auto',
  parents: [0],
  added: [],
  duplicates: 0,
  rejected: {},
  calls: 1,
}

/** The stage after `spent` evaluations and `written` generations. */
function stageAfter(how: (typeof STAGE_CHOICES)[number], { spent = 0, written = 0 }, given = context) {
  const state = {
    pool: [],
    observations: createObservationLog(),
    generations: Array.from({ length: written }, () => generation),
    evaluationsLeft: given.evaluationBudget - spent,
  }
  return chooseStage(given, state, 0, how)?.stage
}

describe('the stage to rewrite next', () => {
  it('is another one every time where stages take turns', () => {
    const stages = [0, 1, 2, 3].map((written) => stageAfter('in-turn', { written }))
    expect(stages).toEqual(['extract', 'check', 'repair', 'extract'])
  })

  it('is one after the other, each for an equal part of the budget', () => {
    const stages = [0, 29, 30, 59, 60, 90].map((spent) => stageAfter('one-by-one', { spent, written: 5 }))
    expect(stages).toEqual(['extract', 'extract', 'check', 'check', 'repair', 'repair'])
  })

  it('is one whose answer is scored before credit knows something, and never one that does not run', () => {
    const pool = [{ candidate: { id: 'a', slots: { extract: 'a', check: 'b', repair: 'c' } } }]
    const chosen = (runs: readonly string[], how: (typeof STAGE_CHOICES)[number] = 'credit') => {
      const program = { scored: ['extract', 'repair'], runs: () => runs }
      const state = { pool, observations: createObservationLog(), evaluationsLeft: 90 }
      return Array.from({ length: 12 }, (_, written) => {
        const generations = Array.from({ length: written }, () => generation)
        return chooseStage({ ...context, program }, { ...state, generations }, 0, how)!.stage
      })
    }
    expect(new Set(chosen(context.stages))).toEqual(new Set(['extract', 'repair']))
    expect(new Set(chosen(['extract', 'check']))).toEqual(new Set(['extract']))
    expect(new Set(chosen(['extract', 'check'], 'in-turn'))).toEqual(new Set(['extract', 'check']))
    expect(new Set(chosen([]))).toEqual(new Set(['extract', 'repair']))
  })

  it('is any of them before credit knows something, and none where there is one stage', () => {
    expect(context.stages).toContain(stageAfter('credit', {}))
    expect(stageAfter('in-turn', {}, { ...context, stages: ['extract'] })).toBeUndefined()
  })
})
