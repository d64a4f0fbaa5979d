import { describe, expect, it } from 'vitest'
import { createRandomPolicy } from '../../src/policy/random.ts'
import { embedTexts } from '../../src/run/embed-texts.ts'
import { type OptimizeOptions, optimize } from '../../src/run/optimize.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'

const examples = [0, 1, 2, 3, 4, 5]
const fine = { prompts: ['a', 'b'], examples, budget: { evaluations: 12 }, evaluate: () => 1 }
const call = (options: object) => optimize({ ...fine, ...options } as OptimizeOptions<number>)

describe('the door of optimize', () => {
  it.each<readonly [object, string]>([
    [{ budget: { evaluation: 5 } }, 'Did you mean evaluations?'],
    [{ budget: 9 }, 'budget is 9'],
    [{ budget: undefined }, 'budget is missing'],
    [{ budget: { usd: -1 } }, 'budget.usd is -1'],
    [{ budget: { usd: Number.NaN } }, 'budget.usd is NaN'],
    [{ exmaples: [] }, 'Did you mean examples?'],
    [{ direction: 'min' }, 'direction is "min"'],
    [{ concurrency: 0 }, 'concurrency is 0'],
    [{ policy: 'successive-halving', policyOptions: { eta: 1 } }, 'policy successive-halving: options.eta'],
    [{ concurrency: Number.NaN }, 'concurrency is NaN'],
    [{ seed: 1.5 }, 'seed is 1.5'],
    [{ prompts: [] }, 'prompts is empty; expected at least one'],
    [{ prompts: [3] }, 'prompts[0] is 3'],
    [{ prompts: ['a', ' \n'] }, 'prompts[1] is empty'],
    [{ prompts: [{ id: 'a', slots: { instruction: '' } }] }, 'prompts[0] is empty'],
    [{ baseline: ' ' }, 'baseline is empty'],
    [
      { prompts: [{ id: 'now', slots: { a: 'x' } }], baseline: 'then' },
      'baseline is "then", and the prompts have slots; expected the id of one',
    ],
    [{ prompts: [{ text: 'no id' }] }, 'prompts[0]'],
    [{ evaluate: 'x' }, 'evaluate is "x"; expected a function'],
    [{ constraints: [{ metric: 'usd', atMost: Number.NaN }] }, 'constraints[0].atMost is NaN'],
    [{ embed: async () => [] }, 'embed gave 0 vectors; expected 2'],
    [{ embed: async () => [Float64Array.of(1), Float64Array.of(Number.NaN)] }, 'vector 1 of embed[0] is NaN'],
    [{ store: 'file.db' }, 'store is "file.db"'],
    [{ proposers: 'reflect' }, 'proposers is "reflect"'],
    [{ description: 3 }, 'description is 3'],
    [{ desription: 'Sort.' }, 'Did you mean description?'],
    [{ preserve: 'ACME' }, 'preserve is "ACME"'],
    [{ preserve: [''] }, 'preserve[0] is ""'],
    [{ proposers: ['relfect'] }, 'there is no proposer "relfect"'],
    [{ proposers: [] }, "proposers is []; expected 'auto', 'none', or at least one"],
  ])('refuses %j', async (options, message) => {
    await expect(call(options)).rejects.toThrow(message)
  })

  it('says what is missing where there is nothing', async () => {
    await expect((optimize as (options?: unknown) => Promise<unknown>)()).rejects.toThrow('options is missing')
  })
})

describe('limits of what evaluate never says', () => {
  const held = (warnings: readonly string[]) => warnings.filter((warning) => warning.includes('held nothing back'))

  it('are named at the end', async () => {
    const { warnings } = await call({ budget: { evaluations: 12, usd: 1, tokens: 10 } })
    expect(held(warnings)).toEqual([
      "The budget's usd held nothing back: evaluate did not say what a call takes. Return { score, usd }.",
      "The budget's tokens held nothing back: evaluate did not say what a call takes. Return { score, inputTokens, outputTokens }.",
    ])
  })

  it('are none where it says so, were it nothing', async () => {
    const evaluate = () => ({ score: 1, inputTokens: 2, usd: 0 })
    const { warnings } = await call({ budget: { evaluations: 12, usd: 1, tokens: 100, inputTokens: 100 }, evaluate })
    expect(held(warnings)).toEqual([])
  })
})

describe('onProgress', () => {
  it.each<readonly [string, () => void]>([
    [
      'throws',
      () => {
        throw new Error('the bar broke')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('the bar broke'))],
  ])('that %s ends no search: it is told once and not called again', async (_, broken) => {
    let calls = 0
    const onProgress = () => {
      calls++
      return broken()
    }
    const { spent, warnings } = await call({ onProgress, concurrency: 1 })
    expect(spent.evaluations).toBe(12)
    expect(calls).toBeLessThan(3)
    expect(warnings.filter((warning) => warning.includes('onProgress'))).toEqual([
      'onProgress failed and was not called again: the bar broke',
    ])
  })
})

describe('a baseline', () => {
  it.each([
    [
      { id: 'now', slots: { a: 'x', b: 'y' } },
      { id: 'new', slots: { a: 'x', b: 'z' } },
    ],
    [
      { id: 'now', text: 'x', parameters: { t: 0 } },
      { id: 'new', text: 'x', parameters: { t: 1 } },
    ],
  ])('is named by its id where it has more than a text: %j', async (now, other) => {
    const result = await call({ prompts: [other, now], baseline: 'now' })
    expect(result.baseline?.id).toBe('now')
    expect(result.ranking.map(({ id }) => id).sort()).toEqual(['new', 'now'])
  })
})

describe('held-out examples', () => {
  it.each([
    [[4, 5, 6], '2 of 3 held-out examples are among those of the search'],
    [[6, 7, 8], undefined],
  ])('%j: those that are searched, too, are counted', async (holdout, said) => {
    const { warnings } = await call({ holdout, baseline: 'a' })
    expect(warnings.find((warning) => warning.includes('held-out'))?.slice(0, said?.length)).toBe(said)
  })
})

describe('optimize where nothing is right', () => {
  const said = async (options: object) => (await call(options)).warnings.filter((text) => text.startsWith('None of'))

  it('says so, be the prompts written or given', async () => {
    const none = { examples: [1, 2, 3, 4, 5, 6], budget: { evaluations: 12 }, evaluate: () => 0 }
    expect(await said(none)).toEqual([expect.stringMatching(/^None of 12 answers was right, whatever the prompt: /)])
    expect(await said({ ...none, evaluate: (_: string, example: number) => example % 2 })).toEqual([])
    expect(await said({ ...none, direction: 'minimize' })).toEqual([])
  })
})

describe('optimize without a score', () => {
  it.each<readonly [string, () => never | number | null, string]>([
    [
      'throws',
      () => {
        throw new Error('no key')
      },
      'no key',
    ],
    [
      'throws what cannot be shown',
      () => {
        throw {
          toString() {
            throw 1
          },
        }
      },
      'an error that cannot be shown',
    ],
    [
      'throws a proxy',
      () => {
        const trap = () => {
          throw 1
        }
        throw new Proxy({}, { get: trap, getPrototypeOf: trap })
      },
      'an error that cannot be shown',
    ],
    ['gives NaN', () => Number.NaN, 'NaN'],
    ['gives a list', () => [1, 0] as never, 'what evaluate returned is [1,0]; expected a finite number'],
    ['gives a key that nobody reads', () => ({ score: 1, metric: { calls: 2 } }) as never, 'Did you mean metrics?'],
    ['gives a misspelled cost', () => ({ score: 1, inputToken: 2 }) as never, 'Did you mean inputTokens?'],
    ['gives no cost that can be', () => ({ score: 1, usd: -1 }) as never, 'usd is -1'],
    ['gives null', () => null, 'no reason given'],
  ])('rejects with the reason when evaluate always %s', async (_, evaluate, message) => {
    await expect(call({ evaluate, budget: { evaluations: 6 } })).rejects.toThrow(message)
  })

  it('pauses before the budget is burnt', async () => {
    let calls = 0
    const evaluate = () => {
      calls++
      throw new Error('unsupported parameter')
    }
    const many = Array.from({ length: 40 }, (_, index) => index)
    const run = call({ examples: many, budget: { evaluations: 80 }, concurrency: 1, evaluate })
    await expect(run).rejects.toThrow('8 evaluations in a row failed, the last with: unsupported parameter')
    expect(calls).toBe(8)
  })

  it('pauses sooner where there are few calls', async () => {
    const many = Array.from({ length: 40 }, (_, index) => index)
    const evaluate = () => Number.NaN
    const run = call({ examples: many, budget: { evaluations: 80, calls: 48 }, concurrency: 1, evaluate })
    await expect(run).rejects.toThrow('3 evaluations in a row failed')
  })

  it('tells failures however few', async () => {
    let turn = 0
    const { warnings } = await call({ evaluate: () => (++turn === 5 ? null : 1), concurrency: 1 })
    expect(warnings.join()).toContain('One evaluation failed and counts as missing')
  })
})

describe('optimize on a stored study', () => {
  const start = async (options: object = {}) => {
    const store = createMemoryStore()
    await call({ store, ...options })
    return store
  }

  it.each<readonly [string, object, string]>([
    ['prompts', { prompts: ['c', 'd'] }, 'prompt 1 of study optimize was removed'],
    ['an edited prompt', { prompts: ['a', 'B'] }, 'was removed'],
    ['examples', { examples: [0, 1, 2, 3, 4, 6] }, 'other examples'],
    ['direction', { direction: 'minimize' }, 'other direction: maximize, now minimize'],
    ['seed', { seed: 2 }, 'other seed: 1, now 2'],
    ['baseline', { baseline: 'a' }, 'other baseline: none, now "a"'],
    ['policy', { policy: 'random' }, 'other policy'],
    ['holdout', { holdout: [9] }, 'other holdout'],
  ])('refuses other %s', async (_, options, message) => {
    const store = await start()
    await expect(call({ store, ...options })).rejects.toThrow(message)
  })

  const setting = { policy: 'successive-halving', policyOptions: { eta: 4 }, seed: 3 }
  const begun = { ...setting, baseline: 'a', examples: Array.from({ length: 24 }, (_, index) => index) }
  const goOn = async (options: object) => {
    const store = await start(begun)
    const { policy, policyOptions, seed, ...rest } = begun
    const { spent } = await call({ ...rest, store, budget: { evaluations: 16 }, ...options })
    const { config } = (await loadStudy(store, 'optimize'))!.state
    return [spent.evaluations > 12, { policy: config.policy, policyOptions: config.policyOptions, seed: config.seed }]
  }

  it.each([[{}], [{ policy: 'successive-halving' }], [{ policyOptions: { eta: 4 } }], [{ seed: 3 }]])(
    'goes on by the policy, settings and seed it began with, given %j',
    async (options) => {
      expect(await goOn(options)).toEqual([true, setting])
    },
  )

  it.each<readonly [object, string]>([
    [{ seed: 1 }, 'other seed: 3, now 1'],
    [{ policy: 'krige' }, 'other policy: successive-halving, now krige'],
    [{ policyOptions: { eta: 3 } }, 'was started with policy options {"eta":4}; now they are {"eta":3}'],
  ])('refuses others: %j', async (options, message) => {
    await expect(goOn(options)).rejects.toThrow(message)
    await expect(goOn(options)).rejects.toMatchObject({ remedy: expect.stringMatching(/left out|out to go on/) })
  })

  it('asks for a policy of the caller’s own again', async () => {
    const store = await start({ policy: createRandomPolicy })
    await expect(call({ store })).rejects.toThrow('policy is "custom", one of your own')
    await call({ store, policy: createRandomPolicy })
  })

  it('measures a prompt that was put in front, and goes on with a larger budget', async () => {
    const store = await start()
    const asked: string[] = []
    const evaluate = (prompt: string) => {
      asked.push(prompt)
      return prompt === 'new' ? 2 : 1
    }
    const result = await call({ store, prompts: ['new', 'a', 'b'], budget: { evaluations: 18 }, evaluate })
    expect(result.winner.text).toBe('new')
    expect(new Set(asked)).toEqual(new Set(['new']))
    expect(result.spent.evaluations).toBe(18)
  })

  it('measures nothing again where nothing changed', async () => {
    const store = await start()
    let calls = 0
    await call({ store, evaluate: () => ++calls })
    expect(calls).toBe(0)
  })
})

describe('optimize by itself', () => {
  it('embeds with the embedder that comes with it, once there are prompts enough', async () => {
    const pool = (size: number) =>
      Array.from({ length: size }, (_, i) => ({ id: `${i}`, text: `Label it, case ${i}.` }))
    const vectors = await embedTexts({ ...fine, prompts: [] }, pool(16))
    expect([vectors.size, vectors.get('Label it, case 3.')?.length]).toEqual([16, 512])
    for (const options of [{ embedder: 'none' }, { policy: 'random' }]) {
      expect((await embedTexts({ ...fine, ...options }, pool(16))).size).toBe(0)
    }
    expect((await embedTexts(fine, pool(15))).size).toBe(0)
    expect((await embedTexts({ ...fine, embedder: 'use-lite' }, pool(2))).size).toBe(2)
    await expect(embedTexts({ ...fine, embedder: './nowhere' }, pool(2))).rejects.toThrow('does not exist')
  })

  it('learns from those vectors', async () => {
    const asked: string[] = []
    const embed = async (texts: readonly string[]) => {
      asked.push(...texts)
      return texts.map((text) => (text.includes('good') ? Float64Array.of(1, 0) : Float64Array.of(0, 1)))
    }
    const prompts = Array.from({ length: 40 }, (_, i) => `${i % 4 === 0 ? 'good' : 'other'} ${i}`)
    const evaluate = (prompt: string) => prompt.startsWith('good')
    const { winner } = await call({ prompts, evaluate, embedder: { embed }, budget: { evaluations: 30 } })
    expect(winner.text).toMatch(/^good/)
    expect(new Set(asked)).toEqual(new Set(prompts))
  })

  it('holds half of the examples out where there is a baseline', async () => {
    const many = Array.from({ length: 40 }, (_, index) => index)
    const result = await optimize({
      prompts: ['a', 'b'],
      baseline: 'a',
      examples: many,
      budget: { evaluations: 100 },
      evaluate: (prompt) => prompt === 'b',
    })
    expect(result.verdict).toBe('improved')
    expect(result.baseline?.difference?.count).toBeGreaterThanOrEqual(10)
    expect(result.spent.evaluations).toBeLessThanOrEqual(100)
  })

  const never = () => new Promise<never>(() => {})
  it.each([
    ['evaluate', { evaluate: never }],
    [
      'evaluate on the holdout',
      { holdout: [7, 8], evaluate: (_: string, example: number) => (example < 7 ? 1 : never()) },
    ],
    ['embed', { embed: never }],
    ['an embedder', { embedder: { embed: never } }],
    ['generate', { prompt: 'a', prompts: undefined, proposers: ['mutate'], generate: never }],
  ])('settles when it is aborted, though %s never does', async (_, options) => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 50)
    await expect(call({ signal: controller.signal, ...options })).rejects.toThrow(/interrupted|abort/)
  })
})
