import { describe, expect, it } from 'vitest'
import { type EvaluateContext, optimize } from '../../src/run/optimize.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { isRight } from '../support/chat-server.ts'

const prompts = Array.from({ length: 10 }, (_, index) => `Instruction ${index}`)
const examples = Array.from({ length: 50 }, (_, index) => `example ${index}`)
const evaluate = (prompt: string, example: string) => (isRight(Number(/\d+/.exec(prompt)![0]), example, 10) ? 1 : 0)
const policy = 'successive-halving'

describe('optimize', () => {
  it('works as the README says', async () => {
    const result = await optimize({ prompts, examples, evaluate, budget: { evaluations: 1000 }, seed: 1 })
    expect(Number(/\d+/.exec(result.winner.text)![0])).toBeGreaterThanOrEqual(7)
    expect(result.spent).toMatchObject({ evaluations: 500, calls: 500 })
  })

  it('compares with a baseline on a holdout within the same budget', async () => {
    const result = await optimize({
      prompts,
      examples,
      evaluate,
      policy,
      budget: { evaluations: 400 },
      baseline: 'Instruction 0',
      holdout: Array.from({ length: 200 }, (_, index) => `kept ${index}`),
    })
    expect(result).toMatchObject({
      verdict: 'improved',
      baseline: { text: 'Instruction 0', difference: { count: 75 } },
    })
    expect(result.spent.evaluations).toBeLessThanOrEqual(400)
  })

  it('keeps constraints on what is measured beside the score, and resumes only with the same', async () => {
    const store = createMemoryStore()
    const number = (prompt: string) => Number(/\d+/.exec(prompt)![0])
    const measured = (prompt: string, example: string) => ({
      score: evaluate(prompt, example),
      metrics: { tools: number(prompt) },
      outputTokens: 100 * number(prompt),
    })
    const options = { prompts, examples, evaluate: measured, budget: { evaluations: 400 }, policy, store }
    const free = await optimize({ ...options, study: 'free' })
    expect(number(free.winner.text)).toBeGreaterThanOrEqual(7)
    const bound = await optimize({
      ...options,
      study: 'tokens',
      constraints: [{ metric: 'outputTokens', atMost: 350 }],
    })
    expect(number(bound.winner.text)).toBeLessThanOrEqual(3)
    const named = await optimize({ ...options, study: 'tools', constraints: [{ metric: 'tools', atMost: 5 }] })
    expect(number(named.winner.text)).toBeLessThanOrEqual(5)
    await expect(optimize({ ...options, study: 'tools' })).rejects.toThrow(
      'other constraints: tools at most 5, now none',
    )
  })

  it('minimizes', async () => {
    const score = (prompt: string) => Math.abs(Number(/\d+/.exec(prompt)![0]) - 4)
    const result = await optimize({
      prompts,
      examples,
      evaluate: score,
      budget: { evaluations: 300 },
      direction: 'minimize',
      policy,
    })
    expect(result.winner.text).toBe('Instruction 4')
    expect(result.winner.interval[0]).toBeLessThanOrEqual(result.winner.interval[1])
  })

  it('takes a throw, null and NaN as missing, never as zero, and charges what calls cost', async () => {
    let turn = 0
    const flaky = async (prompt: string, example: string) => {
      turn++
      if (turn % 4 === 0) throw new Error('HTTP 500')
      if (turn % 4 === 1) return null
      if (turn % 4 === 2) return Number.NaN
      return { score: evaluate(prompt, example), inputTokens: 10, outputTokens: 2, usd: 0.001 }
    }
    const result = await optimize({ prompts, examples, evaluate: flaky, budget: { calls: 200 }, policy })
    const scored = Math.floor((turn + 1) / 4)
    expect(turn).toBeLessThanOrEqual(200)
    expect(result.spent).toMatchObject({ calls: turn, inputTokens: 10 * scored, outputTokens: 2 * scored })
    expect(result.spent.usd).toBeCloseTo(0.001 * scored)
    expect(result.warnings.join()).toContain('unreliable, not bad')
  })

  it('takes a call that does not settle within its limit as missing, and tells it so', async () => {
    const signals: AbortSignal[] = []
    const sometimes = (prompt: string, example: string, { index, signal }: EvaluateContext) => {
      if (index % 10 !== 3) return evaluate(prompt, example)
      signals.push(signal)
      return new Promise<number>((_, reject) => {
        if (index > 10) signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    }
    const limits = { timeout: 0.01 }
    const result = await optimize({
      prompts,
      examples,
      evaluate: sometimes,
      limits,
      budget: { evaluations: 200 },
      policy,
    })
    expect(signals.length).toBeGreaterThan(0)
    expect(signals.every((signal) => signal.aborted)).toBe(true)
    expect(result.warnings.join()).toContain(
      `${signals.length} evaluations failed and count as missing, the last with: evaluate took longer than 0.01 s`,
    )
  })

  it('resumes from a store', async () => {
    const store = createMemoryStore()
    const abort = new AbortController()
    let calls = 0
    const counted = (prompt: string, example: string) => {
      if (++calls === 100) abort.abort()
      return evaluate(prompt, example)
    }
    const options = { prompts, examples, budget: { evaluations: 250 }, store, seed: 3, policy, concurrency: 1 }
    await expect(optimize({ ...options, evaluate: counted, signal: abort.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    const resumed = await optimize({ ...options, evaluate: counted })
    expect(calls).toBe(resumed.spent.evaluations)
    const { study, ...whole } = await optimize({ ...options, evaluate, store: createMemoryStore() })
    expect(resumed).toMatchObject(whole)
    await expect(optimize({ ...options, examples: examples.slice(1), evaluate })).rejects.toThrow(
      'was started with 50 examples',
    )
  })

  it.each([
    ['no prompts', { prompts: [] }, 'prompts is empty'],
    ['no examples', { examples: [] }, 'examples is empty'],
    ['a prompt twice', { prompts: ['a', 'a'] }, 'prompts[1] repeats prompts[0]'],
    ['a negative budget', { budget: { evaluations: -1 } }, 'budget.evaluations is -1'],
    ['a limit of no time', { limits: { timeout: 0 } }, 'limits.timeout is 0'],
    ['an empty budget', { budget: { evaluations: 0 } }, 'too small to measure anything'],
  ])('refuses %s', async (_, change, message) => {
    await expect(optimize({ prompts, examples, evaluate, budget: {}, policy, ...change })).rejects.toThrow(message)
  })
})
