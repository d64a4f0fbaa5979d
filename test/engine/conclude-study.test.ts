import { describe, expect, it } from 'vitest'
import { concludeStudy } from '../../src/engine/conclude-study.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'
import type { AskedAction, Study } from '../../src/study/study.ts'
import type { StudyOptions } from '../../src/study/study-options.ts'

const pool = ['Label it.', 'Name the label, and nothing else.', 'What is it?']
/** The second prompt is right on five examples of six, the others on two. */
const scoreOf = (index: number, example: number) =>
  index === 1 ? Number(example % 6 !== 0) : Number(example % 3 === 0)

function searched(options: Partial<StudyOptions> = {}) {
  const study = createStudy({
    pool,
    exampleCount: 12,
    holdoutCount: 40,
    baseline: '1',
    budget: { evaluations: 104 },
    ...options,
  })
  for (let next = study.next(); next.kind === 'act'; next = study.next()) tell(study, next.action)
  return study
}

function tell(study: Study, action: AskedAction) {
  if (action.kind === 'generate') throw new Error('expected something to measure')
  const { id, index, examples } = action
  study.tell(
    id,
    examples.map((example) => scoreOf(index, example)),
  )
}

describe('concludeStudy', () => {
  it.each([
    ['HTTP 500', /^1 of 3 prompts failed on more than 20% .* For instance .*: HTTP 500$/],
    [
      'stage check: the budget allows no further call',
      /^\d+ evaluations failed and count as missing, the last with: stage/,
    ],
  ])('tells prompts whose calls fail from calls that were not allowed: %s', (error, expected) => {
    const study = createStudy({ pool, exampleCount: 12, policy: 'successive-halving', budget: { evaluations: 36 } })
    for (let next = study.next(); next.kind === 'act'; next = study.next()) {
      const { action } = next
      if (action.kind === 'generate') throw new Error('expected something to measure')
      study.tell(
        action.id,
        action.examples.map((example) => (action.index === 2 ? { error } : scoreOf(action.index, example))),
      )
    }
    const last = concludeStudy(study)
    if (last.kind !== 'concluded') throw new Error('expected a verdict')
    expect(last.conclusion.warnings.find((warning) => warning.includes('failed'))).toMatch(expected)
  })

  it('has winner and baseline measured on what is held out, then says whether one is better', () => {
    const study = searched()
    expect(study.spent.evaluations, 'the holdout has its share of the budget').toBe(24)
    const first = concludeStudy(study)
    if (first.kind !== 'measure') throw new Error('expected something to measure')
    expect(first.actions.map(({ index, examples, split }) => [index, examples.length, split])).toEqual([
      [1, 40, 'holdout'],
      [0, 40, 'holdout'],
    ])
    expect(concludeStudy(study), 'asked again, the same is open').toEqual(first)
    for (const action of first.actions) tell(study, action)
    const last = concludeStudy(study)
    if (last.kind !== 'concluded') throw new Error('expected a verdict')
    expect(last.conclusion).toMatchObject({
      verdict: 'improved',
      warnings: [],
      reason: 'the budget of the search is spent',
    })
    expect(last.conclusion.comparison?.difference.count).toBe(40)
    expect(study.state.conclusion).toEqual(last.conclusion)
    const events = study.state.length
    expect(concludeStudy(study)).toEqual(last)
    expect(study.state.length, 'said once').toBe(events)
    const said = { ...last.conclusion, reason: 'enough', warnings: ['Two calls failed.'] }
    study.conclude(said)
    expect(concludeStudy(study), 'what a run said of it stays').toEqual({ kind: 'concluded', conclusion: said })
    study.conclude(last.conclusion)
    const resumed = restoreStudy(study.serialize())
    expect(concludeStudy(resumed)).toEqual(last)
  })

  it('measures the baseline alone where nothing beats it', () => {
    const study = searched({ baseline: '2' })
    const first = concludeStudy(study)
    expect(first.kind === 'measure' && first.actions.map(({ index }) => index)).toEqual([1])
    if (first.kind === 'measure') for (const action of first.actions) tell(study, action)
    const last = concludeStudy(study)
    expect(last.kind === 'concluded' && last.conclusion.verdict).toBe('no improvement')
  })

  it('is undecided where nothing is held out', () => {
    const last = concludeStudy(searched({ holdoutCount: 0, budget: { evaluations: 24 } }))
    expect(last.kind === 'concluded' && last.conclusion).toMatchObject({
      verdict: 'undecided',
      winner: { candidate: 1 },
    })
  })

  it('goes as far as the budget goes, in pairs, and says so', () => {
    const study = searched({ holdoutEvaluations: 7, budget: { evaluations: 31 } })
    const first = concludeStudy(study)
    if (first.kind !== 'measure') throw new Error('expected something to measure')
    expect(first.actions.map(({ examples }) => examples)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ])
    for (const action of first.actions) tell(study, action)
    const last = concludeStudy(study)
    expect(last.kind === 'concluded' && last.conclusion.warnings).toEqual([
      'The budget ended before the holdout was complete.',
    ])
  })

  it('compares where a judge compares, once per example', () => {
    const study = createStudy({ pool, policy: 'comparison', exampleCount: 12, holdoutCount: 5, baseline: '1' })
    for (let example = 0; example < 12; example++) {
      study.observeComparison({ candidate: 1, rival: 0, example, outcome: 1 })
      study.observeComparison({ candidate: 1, rival: 2, example, outcome: 1 })
    }
    const first = concludeStudy(study)
    if (first.kind !== 'measure') throw new Error('expected something to compare')
    expect(first.actions).toMatchObject([{ kind: 'compare', index: 1, rival: { index: 0 }, examples: [0, 1, 2, 3, 4] }])
    study.tell(first.actions[0]!.id, [1, 1, 1, 0.5, 1])
    expect(concludeStudy(study)).toMatchObject({ kind: 'concluded', conclusion: { winner: { candidate: 1 } } })
  })

  it('refuses where the search is not over, nothing was scored, or a setting makes no sense', () => {
    const study = createStudy({ pool, exampleCount: 4 })
    expect(() => concludeStudy(study)).toThrow('nothing has a score, so there is no winner')
    const action = study.ask()
    expect(() => concludeStudy(study)).toThrow(`the study waits for action ${'id' in action ? action.id : ''}`)
    expect(() => concludeStudy(study, { relevantDifference: -1 })).toThrow('relevantDifference is -1')
    expect(() => createStudy({ pool, holdoutCount: 10, baseline: '1', budget: { evaluations: 20 } })).toThrow(
      'budget.evaluations is 20, and the holdout takes 20: nothing is left for the search',
    )
    expect(() => createStudy({ pool, holdoutCount: 1.5 })).toThrow('holdoutCount is 1.5')
    expect(() => createStudy({ pool, holdoutEvaluations: -1 })).toThrow('holdoutEvaluations is -1')
  })
})
