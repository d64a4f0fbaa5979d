import { LoadAPIKeyError } from '@ai-sdk/provider'
import { classifyError } from './classify-error.ts'
import { completeText } from './complete-text.ts'
import { createProvider, importFromUser } from './resolve-model.ts'

/** Providers that are signed in to in other ways, which may ask a server. */
const SIGNED_IN: ReadonlySet<string> = new Set(['amazon-bedrock', 'gateway', 'google-vertex'])

/**
 * Whether a provider's model lacks its key, found without sending anything. A key that is there is not looked at.
 *
 * @param specification - `PROVIDER:MODEL`; an endpoint of one's own may need none.
 * @returns What is missing, in words; `undefined` where nothing is, or nobody can tell.
 * @example
 * await missingKey('openai:gpt-5-mini') // 'there is no API key for openai: set OPENAI_API_KEY in the environment'
 */
export async function missingKey(specification: string): Promise<string | undefined> {
  const colon = specification.indexOf(':')
  const provider = specification.slice(0, colon)
  if (provider === 'openai-compatible' || SIGNED_IN.has(provider)) return undefined
  const module = await importFromUser(`@ai-sdk/${provider}`)
  const open = module && createProvider(module, provider, undefined, sendNothing)
  if (typeof open !== 'function') return undefined
  try {
    const request = { prompt: '', sampling: { temperature: 0, maxOutputTokens: 1 } }
    await completeText(open(specification.slice(colon + 1)), request, AbortSignal.abort())
  } catch (error) {
    if (!LoadAPIKeyError.isInstance(error)) return undefined
    const context = { cancelled: false, host: provider, redact: (text: string) => text, now: Date.now }
    return classifyError(error, context).message
  }
  return undefined
}

const sendNothing: typeof fetch = () => Promise.reject(new Error('nothing is sent'))
