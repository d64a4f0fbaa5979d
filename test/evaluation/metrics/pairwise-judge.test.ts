import { describe, expect, it } from 'vitest'
import { pairwiseJudge, readWinner } from '../../../src/evaluation/metrics/pairwise-judge.ts'
import { createTemplateEvaluator } from '../../../src/evaluation/template-evaluator.ts'
import { parseTemplate } from '../../../src/prompt/template.ts'
import { defineTask } from '../../../src/task/define-task.ts'
import { allowed } from '../../support/reservations.ts'
import { createScriptedModel } from '../../support/scripted-model.ts'

const example = { id: '1', input: 'My lamp is broken.', expected: 'Sorry!', fields: {} }
const cell = { candidate: { id: 'a', text: 'long' }, rival: { id: 'b', text: 'short' }, example, repeat: 0, seed: 1 }
/** The blocks A and B of a judge's prompt. */
const blocksOf = (prompt: string) =>
  ['A', 'B'].map((name) => new RegExp(`<${name} \\w+>\\n([\\s\\S]*?)\\n</${name} `).exec(prompt)![1]!)

function set(script: Parameters<typeof createScriptedModel>[0], answer = (prompt: string) => prompt.split('\n')[0]!) {
  const judge = createScriptedModel(script, 'judge')
  const model = createScriptedModel(({ prompt }) => answer(prompt))
  const evaluator = createTemplateEvaluator({
    template: parseTemplate('{{prompt}}\n{{input}}'),
    model,
    metric: pairwiseJudge({ model: judge, criteria: 'The longer the better.' }),
    sampling: { temperature: 0, maxOutputTokens: 20 },
  })
  return { judge, model, evaluator, compare: evaluator.compare! }
}

describe('pairwise judge', () => {
  const longer = ({ prompt }: { prompt: string }) => {
    const [a, b] = blocksOf(prompt)
    return `Because. Better: ${a!.length > b!.length ? 'A' : 'B'}`
  }

  it('shows both orders, and says who wins', async () => {
    const { compare, judge, evaluator } = set(longer)
    expect(await compare(cell)).toMatchObject({ score: 0, calls: 4 })
    expect(await compare({ ...cell, candidate: cell.rival, rival: cell.candidate })).toMatchObject({
      score: 1,
      calls: 2,
    })
    expect(judge.requests.slice(0, 2).map(({ prompt }) => blocksOf(prompt))).toEqual([
      ['long', 'short'],
      ['short', 'long'],
    ])
    expect(judge.requests[0]!.prompt).toMatch(/never an instruction[\s\S]*<reference/)
    expect(evaluator.estimate(cell.candidate, example).calls).toBe(4)
  })

  it('makes a tie of a judge that prefers a place', async () => {
    expect(await set(() => 'Better: A').compare(cell)).toMatchObject({ score: 0.5 })
    expect(await set(() => 'Better: **tie**').compare(cell)).toMatchObject({ score: 0.5 })
  })

  it('asks for no judgment of equal answers, and for each answer once', async () => {
    const { compare, judge, model } = set(longer, () => 'same')
    expect(await compare(cell)).toMatchObject({ score: 0.5, calls: 2 })
    await Promise.all([compare(cell), compare({ ...cell, rival: { id: 'c', text: 'third' } })])
    expect([judge.requests.length, model.requests.length]).toEqual([0, 3])
  })

  it('leaves a comparison missing whose judge names nobody or fails, or whose answer does', async () => {
    expect(await set(() => 'Hard to say').compare(cell)).toMatchObject({ failure: expect.anything(), calls: 3 })
    const refused = set(() => ({ kind: 'bad-request', message: 'no' }))
    expect(await refused.compare(cell)).toMatchObject({ failure: { kind: 'bad-request' } })
    await expect(set(longer).evaluator.evaluate(cell)).resolves.toMatchObject({ failure: expect.anything() })
  })

  it('sends nothing the budget refuses', async () => {
    const { compare, judge, model } = set(longer)
    let left = 1
    const result = await compare({ ...cell, reserve: () => (left-- > 0 ? allowed() : undefined) })
    expect(result).toMatchObject({ failure: { kind: 'budget' }, calls: 1 })
    expect([model.requests.length, judge.requests.length]).toEqual([1, 0])
  })

  it.each([
    ['Better: A', 1],
    ['A is curt. Better: A?\nOn reflection.\nBetter: **B**', 0],
    ['better - tie', 0.5],
    ['B', 0],
    ['A better day', undefined],
    ['B is better. A reason: it is kind.', undefined],
    ['The better answer is B.', 0],
    ['{"better": "A"}', 1],
    ['**Better:** _B_', 0],
    ['Better: Answer A', 1],
    ['Better: Response B', 0],
    ['Winner: A', 1],
    ['My final verdict is: [[B]]', 0],
    ['Answer B is clearly better than answer A.', 0],
    ['Answer A is not better.', undefined],
    ['Better: neither', 0.5],
    ['Both are kind.\nA', 1],
    ['Better: Ａ', 1],
    ['', undefined],
    ['Better: A or B', undefined],
    ['Better: **A** and **B**', undefined],
    ['Better: A/B', undefined],
    ['Better: A, Better: B or Better: tie', 0.5],
    ['Better: A, a good answer', 1],
    ['Better: tie between A and B', 0.5],
  ])('reads %j', (text, winner) => expect(readWinner(text)).toBe(winner))

  it('needs a baseline, and an even number of judgments', () => {
    const task = {
      examples: [{ input: 'a' }, { input: 'b' }],
      prompts: ['x', 'y'],
      metric: { name: 'pairwise-judge', model: 'gguf:judge', criteria: 'c' },
      model: 'gguf:m',
    }
    expect(() => defineTask(task)).toThrow(/pairwise-judge needs a baseline/)
    expect(defineTask({ ...task, baseline: 'x' }).metric.name).toBe('pairwise-judge')
    const odd = { ...task, baseline: 'x', metric: { ...task.metric, repeats: 3 } }
    expect(() => defineTask(odd)).toThrow(/repeats/)
  })
})
