/**
 * Names that a typo is compared with. A provider or a file of another name is used all the same where it is there.
 *
 * @module
 */

/** Language models that `krige models pull` fetches; a test holds it to the catalog. */
export const PULLABLE_MODELS: readonly string[] = [
  'smollm2-135m-instruct',
  'gemma-3-270m',
  'qwen2.5-coder-1.5b-instruct',
  'qwen2.5-coder-0.5b-instruct',
]

/** The one that quickstart and `krige init` name, and `krige models pull` fetches without being told a name. */
export const DEFAULT_LOCAL_MODEL = 'qwen2.5-coder-1.5b-instruct'

/** Providers of the AI SDK, each in a package `@ai-sdk/NAME`. */
export const PROVIDERS: readonly string[] = [
  'openai',
  'anthropic',
  'google',
  'google-vertex',
  'azure',
  'amazon-bedrock',
  'mistral',
  'groq',
  'cohere',
  'deepseek',
  'xai',
  'togetherai',
  'fireworks',
  'deepinfra',
  'cerebras',
  'perplexity',
  'alibaba',
  'baseten',
  'huggingface',
  'moonshotai',
  'vercel',
  'gateway',
]
