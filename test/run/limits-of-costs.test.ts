import { describe, expect, it } from 'vitest'
import { type OptimizeOptions, optimize } from '../../src/run/optimize.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'

const labels = ['bug', 'billing']
const examples = Array.from({ length: 40 }, (_, index) => ({ input: `Ticket ${index}`, expected: labels[index % 2]! }))
type Example = (typeof examples)[number]
/** Right where the prompt names the labels. */
const isRight = (prompt: string, { expected }: Example) =>
  labels.every((label) => prompt.includes(label)) || expected === 'bug'
const call = { usd: 0.01, inputTokens: 90, outputTokens: 10 }
const evaluate = (prompt: string, example: Example) => ({ score: isRight(prompt, example), ...call })
const search = (options: Partial<OptimizeOptions<Example>>) =>
  optimize({ prompt: 'Classify.', examples, evaluate, budget: {}, ...options })

describe('limits of tokens and money alone', () => {
  it.each([[{ usd: 1 }], [{ tokens: 10_000 }], [{ inputTokens: 9000 }], [{ outputTokens: 1000 }]])(
    'hold where evaluate says what a call takes, and leave a holdout: %j',
    async (budget) => {
      const { spent, baseline, warnings } = await search({ budget })
      expect(spent.evaluations).toBe(100)
      expect(spent.usd).toBeCloseTo(1, 9)
      expect(baseline?.difference?.count).toBeGreaterThanOrEqual(15)
      expect(warnings.join()).not.toMatch(/exceeded|charged/)
    },
  )

  it('hold also where calls differ and none of their sizes is known beforehand', async () => {
    let turn = 0
    const uneven = (prompt: string, example: Example) => ({
      score: isRight(prompt, example),
      usd: ++turn % 7 === 0 ? 0.05 : 0.01,
    })
    const { spent } = await search({ budget: { usd: 1 }, evaluate: uneven })
    expect(spent.usd).toBeLessThanOrEqual(1)
    expect(spent.usd).toBeGreaterThan(0.9)
  })

  it('are exceeded by no more than the calls in flight before the first ended, which is said', async () => {
    const { spent, warnings } = await search({ budget: { usd: 0.05 }, concurrency: 8 })
    expect(spent.calls).toBe(8)
    expect(warnings).toContain("The budget's usd was exceeded by 0.03: what a call takes is known once it has ended.")
  })
})

describe('a call that is cut off', () => {
  it('is settled at what the dearest call took: it may have been paid for', async () => {
    const store = createMemoryStore()
    const stop = new AbortController()
    let calls = 0
    const cut = (prompt: string, example: Example) => {
      if (++calls < 5) return evaluate(prompt, example)
      stop.abort()
      return new Promise<never>(() => {})
    }
    const run = search({ evaluate: cut, store, signal: stop.signal, concurrency: 1, budget: { usd: 1 } })
    await expect(run).rejects.toThrow('interrupted')
    expect((await loadStudy(store, 'optimize'))!.state.ledger.spent).toMatchObject({
      calls: 5,
      inputTokens: 450,
      outputTokens: 50,
      usd: 0.05,
    })
  })
})

describe('a pool that grows', () => {
  it('stops where nothing limits it, and says when', async () => {
    const { spent, warnings } = await search({ evaluate: isRight })
    expect(spent.evaluations).toBe(200)
    expect(warnings).toContain('No budget is set: the search stops after 200 evaluations.')
  })

  it('stops where costs alone are limited and evaluate says none', async () => {
    let calls = 0
    const silent = (prompt: string, example: Example) => {
      calls++
      return isRight(prompt, example)
    }
    await expect(search({ evaluate: silent, budget: { usd: 1 }, concurrency: 1 })).rejects.toThrow(
      'the budget limits usd alone, and evaluate does not say what a call takes',
    )
    expect(calls).toBe(8)
  })
})
