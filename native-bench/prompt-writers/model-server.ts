/**
 * A small OpenAI-compatible server over node-llama-cpp, so that prompt writers of any language ask the same model and are
 * counted by the same hand. What it counts is kept per run: `http://127.0.0.1:PORT/RUN/v1`.
 *
 *     POST /RUN/v1/chat/completions     one call
 *     GET  /RUN/calls                   { calls, inputTokens, outputTokens }
 *     POST /RUN/score                   { answer, example } -> { score, feedback }, by the task's own metric; no call
 *
 * @module
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Template } from '@huggingface/jinja'
import { getLlama, type Llama, LlamaLogLevel, type Token } from 'node-llama-cpp'
import * as z from 'zod'

const requestSchema = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
})
type CompletionRequest = z.output<typeof requestSchema>
const scoreSchema = z.object({ answer: z.string(), example: z.int().nonnegative() })

export interface Count {
  calls: number
  inputTokens: number
  outputTokens: number
}

export interface ModelServer {
  readonly url: string
  countOf(run: string): Count
  close(): Promise<void>
}

interface LocalModel {
  /** One after the other. Each takes the sequence that shares most with it, so that prompts asked in turn are kept. */
  complete(request: CompletionRequest): Promise<Answer>
  close(): Promise<void>
}

interface Answer {
  readonly text: string
  readonly reason: 'stop' | 'length'
  readonly inputTokens: number
  readonly outputTokens: number
}

/**
 * @param files - GGUF files with chat templates, by the name that requests give as `model`.
 * @param score - of an answer to an example, with why.
 */
export async function startModelServer(
  files: Readonly<Record<string, string>>,
  threads: number,
  score: (answer: string, example: number) => { score: number; feedback: string },
): Promise<ModelServer> {
  const llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error, maxThreads: threads })
  const opened = new Map<string, Promise<LocalModel>>()
  const models = new Map(
    Object.entries(files).map(([name, file]) => {
      const model = opened.get(file) ?? openModel(llama, file, threads)
      opened.set(file, model)
      return [name, model] as const
    }),
  )
  const counts = new Map<string, Count>()
  const countOf = (run: string): Count => {
    const count = counts.get(run) ?? { calls: 0, inputTokens: 0, outputTokens: 0 }
    counts.set(run, count)
    return count
  }

  const complete = async (run: string, body: unknown) => {
    const request = requestSchema.parse(body)
    const model = models.get(request.model)
    if (!model) throw new RangeError(`no such model: ${request.model}`)
    const { text, reason, inputTokens, outputTokens } = await (await model).complete(request)
    const count = countOf(run)
    count.calls++
    count.inputTokens += inputTokens
    count.outputTokens += outputTokens
    return {
      id: `${run}-${count.calls}`,
      object: 'chat.completion',
      created: 0,
      model: request.model,
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: reason }],
      usage: {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
    }
  }

  const answerTo = async (request: IncomingMessage): Promise<unknown> => {
    const [, run = '', ...path] = (request.url ?? '').split('/')
    const rest = path.join('/')
    if (rest === 'calls') return countOf(run)
    if (rest === 'v1/models') return { object: 'list', data: Object.keys(files).map((id) => ({ id, object: 'model' })) }
    const body = await bodyOf(request)
    if (rest === 'v1/chat/completions') return complete(run, body)
    if (rest === 'score') {
      const { answer, example } = scoreSchema.parse(body)
      return score(answer, example)
    }
    throw new RangeError(`no such path: ${request.url}`)
  }

  const server = createServer((request, response) => {
    answerTo(request).then(
      (value) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value)),
      (error: unknown) => {
        response.statusCode = 400
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ error: { message: error instanceof Error ? error.message : String(error) } }))
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    countOf,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      for (const model of opened.values()) await (await model).close()
      await llama.dispose()
    },
  }
}

/** Prompts whose beginnings are kept. */
const SEQUENCES = 8

async function openModel(llama: Llama, file: string, threads: number): Promise<LocalModel> {
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 })
  const context = await model.createContext({ contextSize: 4096, sequences: SEQUENCES, threads })
  /** The least recently used first. */
  const sequences = Array.from({ length: SEQUENCES }, () => context.getSequence())
  const take = (tokens: readonly Token[]) => {
    const shared = sequences.map(({ contextTokens }) => {
      let kept = 0
      while (kept < tokens.length - 1 && contextTokens[kept] === tokens[kept]) kept++
      return kept
    })
    const kept = Math.max(...shared)
    const [sequence] = sequences.splice(shared.indexOf(kept), 1)
    sequences.push(sequence!)
    return { sequence: sequence!, kept }
  }
  const template = new Template(model.fileInfo.metadata.tokenizer?.chat_template ?? '')
  const complete = async (request: CompletionRequest): Promise<Answer> => {
    const written = template.render({
      messages: request.messages,
      add_generation_prompt: true,
      bos_token: model.tokens.bosString ?? '',
      eos_token: model.tokens.eosString ?? '',
    })
    const tokens = model.tokenize(written, true)
    const room = context.contextSize - tokens.length - 1
    if (room < 1)
      throw new RangeError(`the prompt has ${tokens.length} tokens; the context holds ${context.contextSize}`)
    const limit = Math.min(request.max_completion_tokens ?? request.max_tokens ?? 512, room)
    const stops = [request.stop ?? []].flat()
    const { sequence, kept } = take(tokens)
    if (kept < sequence.nextTokenIndex) {
      await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }])
    }
    const start = Math.min(sequence.nextTokenIndex, kept)
    const output: Token[] = []
    const answer = (text: string, reason: Answer['reason']): Answer => ({
      text,
      reason,
      inputTokens: tokens.length,
      outputTokens: output.length,
    })
    let text = ''
    for await (const token of sequence.evaluate(tokens.slice(start), {
      temperature: request.temperature ?? 0,
      ...(request.seed == null ? {} : { seed: request.seed }),
    })) {
      output.push(token)
      text = model.detokenize(output)
      const cuts = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0)
      if (cuts.length > 0) return answer(text.slice(0, Math.min(...cuts)), 'stop')
      if (output.length >= limit) return answer(text, 'length')
    }
    return answer(text, 'stop')
  }
  let before: Promise<unknown> = Promise.resolve()
  return {
    complete(request) {
      const turn = before.then(() => complete(request))
      before = turn.catch(() => undefined)
      return turn
    },
    async close() {
      await context.dispose()
      await model.dispose()
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string
  return JSON.parse(text)
}
