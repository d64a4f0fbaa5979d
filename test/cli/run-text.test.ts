import { describe, expect, it } from 'vitest'
import { planText, progressText, resultText } from '../../src/cli/run-text.ts'
import { writeTurns } from '../../src/prompt/turns.ts'
import { createPriceList } from '../../src/run/prices.ts'
import type { RunResult } from '../../src/run/result.ts'
import type { Budget } from '../../src/study/ledger.ts'

const candidate = (id: string, holdout: number) => ({
  ...{ id, text: `Prompt ${id}.\n`.repeat(30), mean: 0.5, interval: [0.4, 0.6] as const, holdout },
})
const result: RunResult = {
  study: 'tickets',
  verdict: 'improved',
  winner: { ...candidate('a', 0.9), probabilityBest: 0.8 },
  baseline: { ...candidate('b', 0.5), difference: { mean: 0.4, interval: [0.2, 0.6], count: 10 } },
  spent: { evaluations: 36, calls: 40, inputTokens: 1200, outputTokens: 80, usd: 0.5 },
  warnings: [],
  report: '.krige/tickets.html',
}

describe('a plan', () => {
  it('promises no end to a search that goes on with the calls which stages save', () => {
    const cost = { evaluations: 10, calls: 20, inputTokens: 100, outputTokens: 10 }
    const plan = {
      ...{ prompts: 3, searchExamples: 5, searchEvaluations: 10, holdoutExamples: 0, holdoutEvaluations: 0 },
      ...{ callsPerEvaluation: 2, cost, exhaustive: { ...cost, evaluations: 15 }, warnings: [] },
    }
    const search = (budget: Budget) => planText({ ...plan, budget }).split('\n')[1]
    expect(search({ calls: 20 })).toContain('some 10 evaluations, more where stages have answered already (measuring')
    expect(search({ calls: 20, evaluations: 10 })).toContain('up to 10 evaluations (measuring everything takes 15)')
    expect(planText({ ...plan, budget: { calls: 20 }, proposing: { calls: 3 } })).toContain('answered already. Further')
  })

  it('counts no tokens of a recording, and says whose the cost of a program is', () => {
    const cost = { evaluations: 10, calls: 10, inputTokens: 0, outputTokens: 0 }
    const plan = {
      ...{ prompts: 2, searchExamples: 5, searchEvaluations: 10, holdoutExamples: 0, holdoutEvaluations: 0 },
      ...{ callsPerEvaluation: 1, budget: { evaluations: 10 }, cost, exhaustive: cost, warnings: [] },
    }
    expect(planText(plan)).toContain('Cost: at most 10 evaluations by the program, retries aside;')
    const recorded = { ...cost, usd: createPriceList()('table:triage.json')!.input }
    expect(planText({ ...plan, cost: recorded })).toContain('Cost: at most 10 calls, $0, retries aside;')
  })
})

describe('the end of a run', () => {
  it('has the verdict last, however long the prompts are, and the report just before', () => {
    expect(resultText(result, { evaluations: 16 }, { holdout: 20 }).trimEnd().split('\n').slice(-3)).toEqual([
      'Report: .krige/tickets.html',
      'Before → after, on held-out examples: 0.500 → 0.900',
      'Verdict: improved',
    ])
  })

  it('sets what was spent beside what measuring as much would take: all of the search, and the holdout', () => {
    expect(resultText(result, { evaluations: 16 }, { holdout: 20 })).toMatch(
      /Spent: 36 evaluations.*measuring everything, and the holdout, would have taken 36 evaluations/,
    )
    expect(resultText(result, { evaluations: 40 })).toMatch(/measuring everything would have taken 40 evaluations/)
  })

  it('counts one as one, and is certain of nothing', () => {
    const difference = { mean: 1, interval: [-0.5, 1] as const, count: 1 }
    const said = resultText(
      { ...result, winner: { ...result.winner, probabilityBest: 1 }, baseline: { ...result.baseline!, difference } },
      { evaluations: 16 },
    )
    expect(said).toContain('on 1 held-out example: +1.000')
    expect(said).toContain('probability of being the best > 99%')
  })

  it('says why the search ended, where that is known', () => {
    const reason = 'the baseline is right on all of 30 examples: there is nothing to gain'
    expect(resultText(result, { evaluations: 16 }, { reason })).toContain(`\nThe search ended: ${reason}.\nSpent: `)
    expect(resultText(result, { evaluations: 16 })).not.toContain('The search ended')
  })

  it('shows turns once, and says how many came or went', () => {
    const turn = (word: string) => ({ user: `Ticket: ${word}`, assistant: word })
    const text = (instruction: string, ...words: string[]) => `${instruction}\n\n${writeTurns(words.map(turn))}`
    const changes = (before: string, after: string) => {
      const said = resultText(
        { ...result, winner: { ...result.winner, text: after }, baseline: { ...result.baseline!, text: before } },
        { evaluations: 16 },
      )
      return said.slice(said.indexOf(after) + after.length, said.indexOf('Difference to')).trim()
    }
    expect(changes('Label it.', text('Label it.', 'bug', 'spam'))).toBe(
      'Against the baseline:\n+ 2 turns of a conversation',
    )
    expect(changes(text('Label it.', 'bug'), text('Label it.\nOne word.', 'spam'))).toBe(
      'Against the baseline:\n- 1 turn of a conversation\n+ One word.\n+ 1 turn of a conversation',
    )
    expect(changes(text('Label it.', 'bug'), text('Say it.', 'bug'))).toBe('Instead of:\n- Label it.')
    expect(changes(text('Label it.', 'bug'), 'Label it.')).toBe('Against the baseline:\n- 1 turn of a conversation')
  })

  it('says how many calls stages saved, where they did', () => {
    const spent = (savedCalls: number) =>
      /40 calls.*1,200/.exec(resultText({ ...result, savedCalls }, { evaluations: 16 }))![0]
    expect([0, 1, 2].map(spent)).toEqual([
      '40 calls, 1,200',
      '40 calls (1 more was saved: those stages had answered already), 1,200',
      '40 calls (2 more were saved: those stages had answered already), 1,200',
    ])
  })

  it('says stage by stage what changed, and which parameters did', () => {
    const of = (points: string, verdict: string, rounds: number) => ({
      slots: { points, verdict },
      parameters: { rounds },
    })
    const said = resultText(
      {
        ...result,
        winner: { ...result.winner, ...of('Judge it.', 'Judge it.\nOne word.', 2) },
        baseline: { ...result.baseline!, ...of('List it.', 'Judge it.', 1) },
      },
      { evaluations: 16 },
      { stages: ['points', 'verdict'] },
    )
    expect(said).toContain(
      '\nAgainst the baseline:\npoints:\n- List it.\n+ Judge it.\nverdict:\n+ One word.\n- rounds = 1\n+ rounds = 2\n\n',
    )
  })

  it('names the stages that the texts of the winner belong to', () => {
    const winner = { ...result.winner, slots: { points: 'List it.', 'verdict.hint': '', verdict: 'Judge it.' } }
    const staged = resultText({ ...result, winner }, { evaluations: 16 }, { stages: ['points', 'verdict'] })
    expect(staged).toContain('The best prompt found, a:\n\npoints:\nList it.\n\nverdict:\nJudge it.\n\n')
  })

  it('says of what level its intervals are', () => {
    expect(resultText(result, { evaluations: 16 })).toContain('Intervals are 95% intervals.')
  })
})

describe('a line of progress', () => {
  it('counts one as one, and leaves no 0 s', () => {
    const progress = { split: 'search', evaluations: 1, evaluationBudget: 40, calls: 1, usd: 0 } as const
    expect(progressText(progress as never, undefined, 0.2)).toBe('search: 1/40 evaluations, 1 call, about 1 s left')
  })

  it('names the best before the drafts: its end is cut first', () => {
    const incumbent = { candidate: 0, mean: 0.5, interval: [0.4, 0.6] }
    const drafts = { written: 3, rejected: {}, measured: 2 }
    const progress = { split: 'search', evaluations: 9, evaluationBudget: 40, calls: 9, usd: 0, incumbent, drafts }
    expect(progressText(progress as never, 'a', undefined)).toBe(
      'search: 9/40 evaluations, 9 calls, best a 0.500 [0.400, 0.600], 3 drafts written, 0 rejected, 2 measured',
    )
  })
})
