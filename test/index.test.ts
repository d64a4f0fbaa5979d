import { describe, expect, it } from 'vitest'
import {
  createStudy,
  openEmbedder,
  optimize,
  POLICIES,
  restoreStudy,
  summariseScores,
  summarizeScores,
} from '../src/index.ts'

/** The snippets of the README, as they are written there. */
describe('the library', () => {
  it('optimizes', async () => {
    const prompts = ['Label it.', 'Label the ticket with one word.', 'Which label fits the ticket best?']
    const examples = Array.from({ length: 40 }, (_, index) => ({ input: `ticket ${index}`, expected: 'bug' }))
    const evaluate = (prompt: string, example: { input: string }) =>
      (prompt.length + Number(example.input.slice(7))) % 50 < prompt.length ? 1 : 0
    const result = await optimize({ prompts, examples, evaluate, budget: { evaluations: 1000 }, seed: 1 })
    expect(result.winner.text).toBe('Which label fits the ticket best?')
    expect(result.winner.interval[0]).toBeLessThanOrEqual(result.winner.mean)
    expect(result.spent.evaluations).toBeLessThanOrEqual(120)
    expect(result.ranking.map(({ text }) => text).toSorted()).toEqual(prompts.toSorted())
    expect(result.ranking[0]!.text).toBe(result.winner.text)
    const means = result.ranking.map(({ mean }) => mean)
    expect(means).toEqual(means.toSorted((a, b) => b - a))
  })

  it('has the embedder that optimize opens, for studies of your own', async () => {
    const embedder = (await openEmbedder())!
    const texts = ['Label it.', 'Label the ticket with one word.']
    const vectors = await embedder.embed(texts)
    const pool = texts.map((text, index) => ({ candidate: { id: `${index}`, text }, embedding: vectors[index]! }))
    const study = createStudy({ pool, budget: { evaluations: 2 } })
    for (const score of [0, 1]) study.tell(study.ask().id, score)
    expect(texts).toContain(study.recommend()?.winner.text)
    await embedder.close()
  })

  it.each(['gp', 'tpe', 'random', 'sobol', 'krige'])('asks and tells with policy %s over a space', (policy) => {
    const space = { x: { float: [-5, 10] as [number, number] } }
    const budget = { evaluations: 15 }
    const study = createStudy({ space, policy, budget, direction: 'minimize', seed: 1 })
    for (let round = 0; round < 15; round++) {
      const action = study.ask()
      if (action.kind !== 'evaluate') throw new Error(action.kind)
      const x = Number(action.candidate.parameters?.['x'])
      const scores = [(x - 2) ** 2]
      study.tell(action.id, scores)
    }
    expect(() => study.ask()).toThrow('the study is done')
    const best = study.recommend()!
    expect(best.mean).toBeLessThan(30)
    expect(restoreStudy(study.serialize()).recommend()).toEqual(best)
  })

  it('still goes by the names it had in British spelling', () => {
    expect(summariseScores([1, 0, 1])).toEqual(summarizeScores([1, 0, 1]))
    const study = createStudy({ pool: ['a', 'b'] })
    expect(study.serialise()).toBe(study.serialize())
  })

  it('knows its policies', () => {
    expect(POLICIES.map((policy) => policy.name)).toEqual(
      expect.arrayContaining(['krige', 'gp', 'tpe', 'random', 'sobol', 'successive-halving', 'hyperband']),
    )
  })
})
