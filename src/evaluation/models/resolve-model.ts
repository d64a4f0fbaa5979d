/**
 * From what a task calls a model behind HTTP to what is asked. That is an OpenAI-compatible endpoint, or a provider's
 * package that the user installed, and which secrets go there.
 *
 * @module
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { Experimental_BatchV4 as BatchService } from '@ai-sdk/provider'
import type { LanguageModel } from 'ai'
import { nearest } from '../../check-input.ts'
import { InvalidInputError, UnavailableError } from '../../errors.ts'
import { createExactRedactor, createRedactor, environmentSecrets, isDistinctive, Secret } from '../secrets.ts'
import { createGuardedFetch, guardedFetch } from './guarded-fetch.ts'
import { PROVIDERS } from './known-names.ts'
import { publicModelName } from './model-name.ts'

export interface ResolvedModel {
  readonly languageModel: LanguageModel
  readonly identity: string
  readonly host: string
  /** What to try where the server does not know what it is asked. */
  readonly hint?: string
  /** For messages. */
  readonly redact: (text: string) => string
  /** For answers: only what was sent to this server, so that no word of an answer is taken for a key. */
  readonly redactAnswer: (text: string) => string
  readonly local: boolean
  /** The provider's batch interface. @throws InvalidInputError where it has none. */
  readonly openBatches: () => { readonly service: BatchService; readonly modelId: string }
}

/** Where keys come from. */
export interface Credentials {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Instead of one from the environment. */
  readonly apiKey?: Secret
}

/** @throws As `openRemoteModel`, which documents it. */
export async function resolveModel(specification: string, credentials: Credentials): Promise<ResolvedModel> {
  return specification.startsWith('openai-compatible:')
    ? openEndpoint(specification, credentials)
    : await openProvider(specification, credentials)
}

/** All answers of a batch come in one file. */
const LONGEST_BATCH = 256 * 1024 * 1024
const batchFetch = createGuardedFetch(LONGEST_BATCH)

/** The query parameter that holds no key: some gateways want one, under any name. */
const PUBLIC_PARAMETER = /^api[-_]?version$/i

function openEndpoint(specification: string, { environment, apiKey }: Credentials): ResolvedModel {
  const rest = specification.slice('openai-compatible:'.length)
  const hash = rest.indexOf('#')
  const url = URL.parse(hash < 0 ? rest : rest.slice(0, hash))
  const model = hash < 0 ? '' : rest.slice(hash + 1)
  if (!url || !/^https?:$/.test(url.protocol) || model.length === 0) {
    throw new InvalidInputError(
      `model is ${JSON.stringify(publicModelName(specification))}; expected openai-compatible:URL#name`,
      {
        remedy: 'For a local server: openai-compatible:http://127.0.0.1:8080/v1#name',
      },
    )
  }
  const own = url.hostname === 'api.openai.com' ? environment['OPENAI_API_KEY'] : undefined
  const written = environment['KRIGE_API_KEY'] ?? own
  const key = apiKey ?? (written ? new Secret(written.trim()) : undefined)
  const user = decodeURIComponent(url.username)
  const password = url.password ? new Secret(decodeURIComponent(url.password)) : undefined
  const parameters = [...url.searchParams].flatMap(([name, value]) =>
    !PUBLIC_PARAMETER.test(name) && value !== '' ? [new Secret(value)] : [],
  )
  // Without a password the user is the key, as in https://TOKEN@host.
  const login = url.username
    ? [new Secret(`${user}:${password?.reveal() ?? ''}`), ...(password ? [] : [new Secret(user)])]
    : []
  const sent = [key, password, ...parameters, ...login].filter((secret) => secret !== undefined)
  const headers = login[0] ? { Authorization: `Basic ${Buffer.from(login[0].reveal()).toString('base64')}` } : undefined
  url.username = ''
  url.password = ''
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: base,
    ...(key ? { apiKey: key.reveal() } : {}),
    ...(headers ? { headers } : {}),
    fetch: guardedFetch,
    ...(url.search ? { queryParams: Object.fromEntries(url.searchParams) } : {}),
  })
  return {
    languageModel: provider.chatModel(model),
    identity: `openai-compatible:${base}#${model}`,
    host: url.host,
    redact: createRedactor(environment, sent),
    redactAnswer: createExactRedactor(sent.filter(isDistinctive)),
    local: false,
    openBatches: () => {
      throw new InvalidInputError('batch: needs a provider with a batch interface, and openai-compatible has none', {
        remedy:
          'Take PROVIDER:MODEL, such as openai:gpt-5-mini (OPENAI_BASE_URL names another server), or leave batch out.',
      })
    },
  }
}

async function openProvider(specification: string, { environment, apiKey }: Credentials): Promise<ResolvedModel> {
  const colon = specification.indexOf(':')
  const provider = specification.slice(0, colon)
  const name = specification.slice(colon + 1)
  const packageName = `@ai-sdk/${provider}`
  const module = await importFromUser(packageName)
  if (!module && !PROVIDERS.includes(provider)) {
    const near = nearest([...PROVIDERS, 'openai-compatible', 'gguf', 'table'], provider)
    throw new InvalidInputError(`provider ${provider} is not known`, {
      remedy: `${near === undefined ? '' : `Did you mean ${near}? `}Known: ${PROVIDERS.join(', ')}; openai-compatible:URL#name; gguf:NAME. Any other: npm install ${packageName}`,
    })
  }
  if (!module) {
    throw new UnavailableError(`provider ${provider} needs the package ${packageName}, which is not installed`, {
      remedy: `npm install ${packageName}`,
    })
  }
  const open = createProvider(module, provider, apiKey) ?? (apiKey ? undefined : module[camelCase(provider)])
  if (typeof open !== 'function') {
    throw new InvalidInputError(
      `${packageName} exports no provider named ${provider}${apiKey ? ' that takes a key' : ''}`,
      { remedy: 'Check the name, or use openai-compatible:URL#name.' },
    )
  }
  const languageModel: LanguageModel = open(name)
  return {
    languageModel,
    identity: specification,
    host: provider,
    // Most servers of one's own speak chat completions, and the package asks for responses.
    ...(provider === 'openai' && environment['OPENAI_BASE_URL']
      ? {
          hint: "check the model's name; where OPENAI_BASE_URL has chat completions only, write openai-compatible:URL#name",
        }
      : {}),
    redact: createRedactor(environment, [apiKey]),
    redactAnswer: createExactRedactor(apiKey && isDistinctive(apiKey) ? [apiKey] : environmentSecrets(environment)),
    local: false,
    openBatches: () => {
      const own = createProvider(module, provider, apiKey, batchFetch) ?? module[camelCase(provider)]
      const service = (own as { experimental_batch?: () => BatchService } | undefined)?.experimental_batch?.()
      if (!service) {
        throw new InvalidInputError(`batch: needs a batch interface, and this version of ${packageName} has none`, {
          remedy: `npm install ${packageName}@latest; openai, anthropic, google and xai have one. Or leave batch out.`,
        })
      }
      return { service, modelId: name }
    },
  }
}

const camelCase = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Provider packages export `openai` and `createOpenAI({ apiKey })`; some name the second after the vendor. */
export function createProvider(
  module: Record<string, unknown>,
  provider: string,
  apiKey: Secret | undefined,
  fetch: typeof guardedFetch = guardedFetch,
): unknown {
  const factories = Object.entries(module).filter(
    ([name, value]) => /^create[A-Z]/.test(name) && typeof value === 'function',
  )
  const wanted = `create${camelCase(provider)}`.toLowerCase()
  const [, create] =
    factories.find(([name]) => name.toLowerCase() === wanted) ??
    (factories.length === 1 ? factories[0]! : [undefined, undefined])
  if (typeof create !== 'function') return undefined
  return create({ fetch, ...(apiKey ? { apiKey: apiKey.reveal() } : {}) })
}

/** Looks where Krige is installed, then where the user works. */
export async function importFromUser(packageName: string): Promise<Record<string, unknown> | undefined> {
  try {
    return await import(packageName)
  } catch {
    try {
      const path = createRequire(pathToFileURL(join(process.cwd(), 'package.json'))).resolve(packageName)
      return await import(pathToFileURL(path).href)
    } catch {
      return undefined
    }
  }
}
