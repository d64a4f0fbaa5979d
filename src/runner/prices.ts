/** US dollars per million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** `undefined`: not known, and never guessed. */
export type PriceOf = (model: string) => Price | undefined

/** When the list below was read off the providers' price pages. Prices change: `--price` overrides it. */
export const PRICES_AS_OF = '2025-06'

/** By model name as a provider spells it; a dated variant (`-2024-08-06`) has the price of its family. */
const PRICES: Readonly<Record<string, Price>> = {
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'claude-3-5-haiku': { input: 0.8, output: 4 },
  'claude-sonnet-4': { input: 3, output: 15 },
  'claude-opus-4': { input: 15, output: 75 },
  'gemini-2.0-flash': { input: 0.1, output: 0.4 },
  'gemini-2.5-flash': { input: 0.3, output: 2.5 },
}

/**
 * Looks a model up: local models cost nothing, hosted ones what the table says, others are unknown.
 *
 * @param override What the user said.
 * @example
 * createPriceList()('openai:gpt-4o-mini') // { input: 0.15, output: 0.6 }
 */
export function createPriceList(override?: Price): PriceOf {
  return (model) => {
    if (model.startsWith('gguf:')) return { input: 0, output: 0 }
    if (override) return override
    if (model.startsWith('openai-compatible:')) {
      const host = URL.parse(model.slice('openai-compatible:'.length))?.hostname
      return host === 'localhost' || host === '127.0.0.1' || host === '[::1]' ? { input: 0, output: 0 } : undefined
    }
    const name = model.slice(model.indexOf(':') + 1).replace(/-(\d{4}-\d{2}-\d{2}|\d{8})$/, '')
    return PRICES[name]
  }
}
