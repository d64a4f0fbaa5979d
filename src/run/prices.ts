import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import type { Task } from '../task/task.ts'

/** US dollars per million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** `undefined`: not known, and never guessed. */
export type PriceOf = (model: string) => Price | undefined

/**
 * When the list below was compared with its sources. Prices change: `--price` goes before it.
 *
 * Every entry stands with the same figures in two collections of the providers' price pages: LiteLLM's
 * `model_prices_and_context_window.json` (as of 2026-07-24) and https://github.com/simonw/llm-prices. Claude Opus 5.5,
 * newer than the first, stands in the second and in price notes of September and October 2026. Models whose price
 * depends on the length of the prompt are left out, since one price would be wrong for some calls.
 *
 * @example
 * PRICES_AS_OF // a date, shown with what a run cost
 */
export const PRICES_AS_OF = '2026-11-23'

/** By provider and by model as the provider spells it; a dated variant (`-2024-08-06`) has the price of its family. */
const PRICES: Readonly<Record<string, Readonly<Record<string, Price>>>> = {
  openai: {
    'gpt-4o': { input: 2.5, output: 10 },
    'gpt-4o-mini': { input: 0.15, output: 0.6 },
    'gpt-4.1': { input: 2, output: 8 },
    'gpt-4.1-mini': { input: 0.4, output: 1.6 },
    'gpt-4.1-nano': { input: 0.1, output: 0.4 },
    'gpt-5': { input: 1.25, output: 10 },
    'gpt-5-mini': { input: 0.25, output: 2 },
    'gpt-5-nano': { input: 0.05, output: 0.4 },
    'gpt-5.1': { input: 1.25, output: 10 },
    'gpt-5.2': { input: 1.75, output: 14 },
    'gpt-5.4-mini': { input: 0.75, output: 4.5 },
    'gpt-5.4-nano': { input: 0.2, output: 1.25 },
  },
  anthropic: {
    'claude-haiku-4-5': { input: 1, output: 5 },
    'claude-sonnet-5': { input: 2, output: 10 },
    'claude-opus-4-5': { input: 5, output: 25 },
    'claude-opus-4-6': { input: 5, output: 25 },
    'claude-opus-4-7': { input: 5, output: 25 },
    'claude-opus-4-8': { input: 5, output: 25 },
    'claude-opus-5': { input: 5, output: 25 },
    'claude-opus-5-5': { input: 4, output: 20 },
  },
  google: {
    'gemini-2.5-flash': { input: 0.3, output: 2.5 },
    'gemini-2.5-flash-lite': { input: 0.1, output: 0.4 },
    'gemini-3.5-flash': { input: 1.5, output: 9 },
    'gemini-3.5-flash-lite': { input: 0.3, output: 2.5 },
    'gemini-3.6-flash': { input: 1.5, output: 7.5 },
  },
}

const priceSchema = z.strictObject({ input: z.number().min(0), output: z.number().min(0) })

/**
 * Looks a model up: local models and recorded tables cost nothing, hosted ones what the table says, others are unknown.
 *
 * @param override What the user said.
 * @throws InvalidArgumentError when that is no price.
 * @example
 * createPriceList()('openai:gpt-4o-mini') // { input: 0.15, output: 0.6 }
 */
export function createPriceList(override?: Price): PriceOf {
  if (override !== undefined) checkInput(priceSchema, override, 'price')
  return (model) => {
    if (/^(?:gguf|table):/.test(model)) return { input: 0, output: 0 }
    if (override) return override
    const colon = model.indexOf(':')
    const provider = model.slice(0, colon)
    const name = model.slice(colon + 1)
    if (provider === 'openai-compatible') {
      const host = URL.parse(name)?.hostname
      return host === 'localhost' || host === '127.0.0.1' || host === '[::1]' ? { input: 0, output: 0 } : undefined
    }
    const family = name.replace(/-(\d{4}-\d{2}-\d{2}|\d{8})$/, '')
    const prices = Object.hasOwn(PRICES, provider) ? PRICES[provider]! : {}
    return Object.hasOwn(prices, family) ? prices[family] : undefined
  }
}

/**
 * Share of the price of a single call that a call in a batch costs, by provider. Others have no one discount, so theirs
 * count in full.
 */
const BATCH_SHARE = 0.5
const BATCH_PROVIDERS = /^(?:openai|anthropic|google):/

/**
 * The prices of a task's calls: lower for models that it asks in batches.
 *
 * @example
 * taskPrices(task, createPriceList())('gguf:smollm2-135m-instruct') // { input: 0, output: 0 }
 */
export function taskPrices(
  {
    model,
    modelSettings,
    program,
    stageSettings = {},
  }: Pick<Task, 'model' | 'modelSettings' | 'program' | 'stageSettings'>,
  priceOf: PriceOf,
): PriceOf {
  const batched = new Set(
    (program?.stages ?? []).flatMap((stage) =>
      stage.model !== undefined && stageSettings[stage.name]?.batch !== undefined ? [stage.model] : [],
    ),
  )
  if (model !== undefined && modelSettings?.batch !== undefined) batched.add(model)
  if (batched.size === 0) return priceOf
  return (name) => {
    const price = priceOf(name)
    if (price === undefined || !batched.has(name) || !BATCH_PROVIDERS.test(name)) return price
    return { input: BATCH_SHARE * price.input, output: BATCH_SHARE * price.output }
  }
}
