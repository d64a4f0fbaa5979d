/**
 * promptfoo's provider names, as names of models here.
 *
 * @module
 */
import type { JsonValue } from '../../prompt/example.ts'
import type { Findings } from './finding.ts'
import type { WrittenProvider } from './schema.ts'

export interface ImportedProvider {
  readonly id: string
  /** As a task file names it. */
  readonly model: string
  readonly sampling: Readonly<Record<string, number | readonly string[]>>
  /** Labels or ids of the prompts it is asked, when not all. */
  readonly prompts?: readonly string[]
}

/** Providers with a package `@ai-sdk/NAME` of (nearly) their own name. */
const PACKAGES: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  mistral: 'mistral',
  groq: 'groq',
  deepseek: 'deepseek',
  xai: 'xai',
  cohere: 'cohere',
  perplexity: 'perplexity',
  cerebras: 'cerebras',
  togetherai: 'togetherai',
  fireworks: 'fireworks',
  azure: 'azure',
  azureopenai: 'azure',
}
/** Servers that speak the OpenAI API, by their usual address. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  ollama: 'http://127.0.0.1:11434/v1',
  localai: 'http://127.0.0.1:8080/v1',
  llama: 'http://127.0.0.1:8080/v1',
  vllm: 'http://127.0.0.1:8000/v1',
  openrouter: 'https://openrouter.ai/api/v1',
}
const KINDS = new Set(['chat', 'completion', 'messages', 'responses'])
const NOT_TEXT = new Set(['embedding', 'embeddings', 'image', 'moderation', 'assistant', 'realtime', 'speech', 'video'])
const SAMPLING: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  max_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  max_output_tokens: 'maxOutputTokens',
  maxOutputTokens: 'maxOutputTokens',
  num_predict: 'maxOutputTokens',
  top_p: 'topP',
  topP: 'topP',
  stop: 'stop',
}
/** Read for the address, or a matter of the environment here. */
const READ = new Set(['apiBaseUrl', 'apiHost', 'apiKey', 'apiKeyEnvar', 'model'])

/**
 * The providers that can be asked here; what cannot is listed.
 *
 * @example
 * importProviders(['openai:chat:gpt-4o-mini'], 'providers', createFindings())[0]?.model // 'openai:gpt-4o-mini'
 */
export function importProviders(
  written: readonly WrittenProvider[],
  key: string,
  findings: Findings,
): readonly ImportedProvider[] {
  return written.flatMap((entry, index) => {
    const where = `${key}[${index}]`
    const { id, config, prompts } = entryOf(entry)
    if (id === undefined) {
      findings.unsupported(where, 'a provider without an id')
      return []
    }
    const model = modelName(id, config)
    if (model === undefined) {
      findings.unsupported(where, `provider ${id} has no counterpart`)
      return []
    }
    return [
      {
        id,
        model,
        sampling: samplingOf(config, where, findings),
        ...(prompts === undefined ? {} : { prompts: typeof prompts === 'string' ? [prompts] : prompts }),
      },
    ]
  })
}

function entryOf(entry: WrittenProvider): {
  id?: string | undefined
  config: Readonly<Record<string, JsonValue>>
  prompts?: string | readonly string[] | undefined
} {
  if (typeof entry === 'string') return { id: entry, config: {} }
  if (entry.id !== undefined) return { id: entry.id, config: entry.config ?? {}, prompts: entry.prompts }
  // Short form: the id is the only key that is none of the known ones.
  const [id, inner] = Object.entries(entry)[0] ?? []
  const { config, prompts } = isRecord(inner) ? inner : {}
  return {
    id,
    config: isRecord(config) ? config : {},
    ...(Array.isArray(prompts) ? { prompts: prompts.map(String) } : {}),
  }
}

/**
 * The name of a promptfoo provider here; `undefined` when there is none.
 *
 * @example
 * modelName('ollama:chat:llama3', {}) // 'openai-compatible:http://127.0.0.1:11434/v1#llama3'
 */
export function modelName(id: string, config: Readonly<Record<string, JsonValue>>): string | undefined {
  if (/^https?:\/\//.test(id)) return endpointOf(id, config)
  const [scheme = '', ...rest] = id.split(':')
  if (NOT_TEXT.has(rest[0] ?? '')) return undefined
  const name = (KINDS.has(rest[0] ?? '') ? rest.slice(1) : rest).join(':') || textOf(config['model'])
  if (!name) return undefined
  const address = textOf(config['apiBaseUrl']) ?? hostAddress(textOf(config['apiHost']))
  if (address !== undefined && (scheme in ENDPOINTS || scheme === 'openai')) return compatible(address, name)
  const endpoint = Object.hasOwn(ENDPOINTS, scheme) ? ENDPOINTS[scheme] : undefined
  if (endpoint !== undefined) return compatible(endpoint, name)
  const packageName = Object.hasOwn(PACKAGES, scheme) ? PACKAGES[scheme] : undefined
  return packageName === undefined ? undefined : `${packageName}:${name}`
}

/** A plain HTTP provider serves when it is a chat endpoint of the OpenAI kind. */
function endpointOf(url: string, config: Readonly<Record<string, JsonValue>>): string | undefined {
  const body = config['body']
  const name = textOf(config['model']) ?? (isRecord(body) ? textOf(body['model']) : undefined)
  const [, base] = /^(.*)\/chat\/completions\/?$/.exec(url) ?? []
  return base !== undefined && name !== undefined ? compatible(base, name) : undefined
}

function compatible(address: string, name: string): string {
  return `openai-compatible:${address.replace(/\/+$/, '')}#${name}`
}

function hostAddress(host: string | undefined): string | undefined {
  return host === undefined ? undefined : `https://${host}/v1`
}

function samplingOf(config: Readonly<Record<string, JsonValue>>, where: string, findings: Findings) {
  const sampling: Record<string, number | readonly string[]> = {}
  for (const [key, value] of Object.entries(config)) {
    const name = Object.hasOwn(SAMPLING, key) ? SAMPLING[key] : undefined
    if (name === 'stop' && Array.isArray(value)) sampling[name] = value.map(String)
    else if (name !== undefined && name !== 'stop' && typeof value === 'number') sampling[name] = value
    else if (key.startsWith('apiKey')) findings.ignored(`${where}.config.${key}`, 'keys come from the environment')
    else if (key === 'body' && isRecord(value)) bodyFindings(value, where, findings)
    else if (!READ.has(key)) findings.unsupported(`${where}.config.${key}`, 'no such setting of a model here')
  }
  return sampling
}

/** Of an HTTP request's body only the model is taken; the prompt goes where the API has it. */
function bodyFindings(body: Readonly<Record<string, JsonValue>>, where: string, findings: Findings): void {
  for (const key of Object.keys(body)) {
    if (key !== 'model' && key !== 'messages') findings.unsupported(`${where}.config.body.${key}`, 'part of a request')
  }
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
