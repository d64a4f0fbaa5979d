/**
 * What a new task can be made of: models and data that are here already.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs'

export interface Surroundings {
  /** As a task names them: servers on this machine first, then files of models. */
  readonly models: readonly { readonly model: string; readonly from: string }[]
  /** Files that may hold examples, by name. */
  readonly data: readonly string[]
  readonly promptfoo: string | undefined
}

/** Where servers that speak the OpenAI protocol listen unless told otherwise. */
const SERVERS = [
  { port: 11434, name: 'Ollama' },
  { port: 1234, name: 'LM Studio' },
  { port: 8080, name: 'llama.cpp or LocalAI' },
  { port: 8000, name: 'vLLM' },
  { port: 30000, name: 'SGLang' },
  { port: 4000, name: 'LiteLLM' },
  { port: 1337, name: 'Jan' },
] as const

const WAIT_MILLISECONDS = 1000
const MOST_MODELS = 20

export interface LookAroundOptions {
  /** Where data and configurations are looked for. */
  readonly folder: string
  readonly modelsFolder: string
  /** Ports on this machine. @defaultValue those of the usual servers */
  readonly servers?: readonly { readonly port: number; readonly name: string }[]
}

/**
 * Looks at the folder, at the models that were pulled, and at the usual ports of this machine. Nothing leaves it, and
 * what does not answer at once is not there.
 */
export async function lookAround({
  folder,
  modelsFolder,
  servers = SERVERS,
}: LookAroundOptions): Promise<Surroundings> {
  const served = await Promise.all(servers.map(({ port, name }) => servedModels(port, name)))
  const files = filesIn(folder)
  return {
    models: [
      ...served.flat(),
      ...filesIn(modelsFolder)
        .filter((file) => /\.gguf$/i.test(file))
        .map((file) => ({ model: `gguf:${file.replace(/\.gguf$/i, '')}`, from: 'on this machine' })),
    ].slice(0, MOST_MODELS),
    data: files.filter((file) => /\.(csv|jsonl)$/i.test(file) && !/^prompts\./i.test(file)),
    promptfoo: files.find((file) => /^promptfooconfig\.(ya?ml|json)$/.test(file)),
  }
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort()
}

/** The models a server lists at /v1/models; none where there is no server, or it is another one. */
async function servedModels(port: number, from: string): Promise<Surroundings['models']> {
  const base = `http://127.0.0.1:${port}/v1`
  try {
    const response = await fetch(`${base}/models`, {
      signal: AbortSignal.timeout(WAIT_MILLISECONDS),
      redirect: 'error',
    })
    const body: unknown = response.ok ? await response.json() : undefined
    const listed: readonly unknown[] =
      typeof body === 'object' && body !== null && 'data' in body && Array.isArray(body.data) ? body.data : []
    return listed.flatMap((entry) =>
      typeof entry === 'object' && entry !== null && 'id' in entry && typeof entry.id === 'string' && isName(entry.id)
        ? [{ model: `openai-compatible:${base}#${entry.id}`, from }]
        : [],
    )
  } catch {
    return []
  }
}

/** A server writes it, so it goes into a task only where it is a name. */
function isName(id: string): boolean {
  return /^[\w./:@+-]{1,200}$/.test(id) && !/embed/i.test(id)
}
