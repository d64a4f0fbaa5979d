/**
 * A GGUF file, run in process by llama.cpp.
 *
 * A sequence keeps what it has evaluated: the next prompt pays only for the tokens after the longest common prefix.
 * Several are kept, because a search goes to and fro between candidates: what each says before the question is evaluated
 * once.
 *
 * @module
 */
import type { LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp'
import { InvalidInputError, KrigeError, UnavailableError } from '../../errors.ts'
import { type Failure, failure } from '../../history/failure.ts'
import { type Conversation, type Message, messagesOf } from '../../prompt/turns.ts'
import { messageOf } from '../../text/message-of.ts'
import { cutAtStop } from '../stop.ts'
import type { GenerateRequest, Generation, TextModel } from '../text-model.ts'
import { type ChatFormat, readChatFormat } from './chat-format.ts'

export interface GgufModelOptions {
  readonly file: string
  /** As the task wrote it. */
  readonly name: string
  /** Hash of the file, when it has been computed; else name and size stand for it. */
  readonly identity: string
  /** `raw` shows the model the bare prompt; `auto` means `chat` where the file carries a chat template. @defaultValue 'auto' */
  readonly format?: 'auto' | 'chat' | 'raw'
  /** Processor threads. @defaultValue the machine's cores */
  readonly threads?: number
  /** Prompts evaluated side by side in one batch. @defaultValue 1 */
  readonly sequences?: number
  /** Prompts whose beginnings are kept, at least `sequences`. @defaultValue what fits into 1 GiB, at most 16 */
  readonly keptPrompts?: number
  /** Tokens of prompt and answer together. @defaultValue what the model was trained on, at most 4096 */
  readonly contextSize?: number
}

const DEFAULT_CONTEXT_SIZE = 4096
const MOST_KEPT_PROMPTS = 16
/** Bytes that the kept prompts may take. One of 4096 tokens takes 117 MB with a model of 1.5B. */
const KEPT_MEMORY = 2 ** 30
/** A sequence that holds less of a prompt than this share has little more than the chat format in common with it. */
const OF_USE = 0.5

export interface GgufModel extends TextModel {
  readonly threads: number
  readonly format: 'chat' | 'raw'
  /** Licence as the file states it. */
  readonly license: string | undefined
}

/**
 * @throws UnavailableError when node-llama-cpp is not installed, InvalidInputError when the file is no usable model.
 * @example
 * const model = await openGgufModel({ file: ggufFile, name: 'gguf:smollm2-135m-instruct', identity: 'gguf:sha256:…' })
 * const answer = await model.generate({ prompt: 'Say hi.', sampling: { temperature: 0, maxOutputTokens: 8 } })
 * answer.kind // 'text'
 * await model.close()
 */
export async function openGgufModel(options: GgufModelOptions): Promise<GgufModel> {
  const library = await import('node-llama-cpp').catch((cause: unknown) => {
    throw new UnavailableError('GGUF models need the package node-llama-cpp, which is not installed', {
      remedy: 'npm install node-llama-cpp, or use another model.',
      cause,
    })
  })
  const llama = await library.getLlama({
    build: 'never',
    gpu: false,
    logLevel: library.LlamaLogLevel.error,
    maxThreads: options.threads ?? 0,
  })
  const model = await llama.loadModel({ modelPath: options.file, gpuLayers: 0 }).catch(async (cause: unknown) => {
    await llama.dispose()
    throw new InvalidInputError(`${options.file} cannot be loaded as a GGUF model: ${messageOf(cause)}`, {
      remedy: 'Check the file, or fetch it again with: krige models pull',
      cause,
    })
  })
  const sequenceCount = options.sequences ?? 1
  const contextSize =
    options.contextSize ?? Math.min(model.trainContextSize ?? DEFAULT_CONTEXT_SIZE, DEFAULT_CONTEXT_SIZE)
  const keptCount = Math.max(sequenceCount, options.keptPrompts ?? (await keptPromptsOf(model, contextSize)))
  const context = await model.createContext({
    contextSize,
    sequences: keptCount,
    swaFullCache: true,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  })
  const template = model.fileInfo.metadata.tokenizer?.chat_template
  const format = resolveFormat(options, template)
  const tokenizer = createPromptTokenizer(model, format === 'chat' ? template : undefined)
  /** The least recently used first. */
  const idle = Array.from({ length: keptCount }, () => context.getSequence())
  const waiting: (() => void)[] = []
  let free = sequenceCount
  let closed = false

  const acquire = async (tokens: readonly Token[]): Promise<LlamaContextSequence> => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    return idle.splice(
      sequenceFor(
        tokens,
        idle.map(({ contextTokens }) => contextTokens),
      ),
      1,
    )[0]!
  }
  const release = (sequence: LlamaContextSequence) => {
    idle.push(sequence)
    const next = waiting.shift()
    if (next) next()
    else free++
  }

  const generate = async (request: GenerateRequest): Promise<Generation> => {
    const tokens = tokenizer.tokenize(request)
    const fail = (problem: Failure, outputTokens = 0) => ({
      kind: 'failure' as const,
      failure: problem,
      usage: { inputTokens: outputTokens > 0 ? tokens.length : 0, outputTokens },
    })
    const cancelled = (): Generation => ({ ...fail(failure('cancelled', 'cancelled before it began')), unsent: true })
    if (closed || request.signal?.aborted) return cancelled()
    if (tokens.length + request.sampling.maxOutputTokens > context.contextSize) {
      return fail(
        failure(
          'too-long',
          `the prompt has ${tokens.length} tokens; the context of ${options.name} holds ${context.contextSize}`,
        ),
      )
    }
    const sequence = await acquire(tokens)
    const output: Token[] = []
    try {
      if (closed || request.signal?.aborted) return cancelled()
      const kept = Math.min(commonPrefix(sequence.contextTokens, tokens), tokens.length - 1)
      if (kept < sequence.nextTokenIndex) {
        await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }])
      }
      // Erasing may have dropped more than asked for, where a model cannot keep part of its state.
      const start = Math.min(sequence.nextTokenIndex, kept)
      const { sampling } = request
      let text = ''
      let reason: 'stop' | 'length' | 'decided' = 'stop'
      for await (const token of sequence.evaluate(tokens.slice(start), {
        temperature: sampling.temperature,
        ...(sampling.topP === undefined ? {} : { topP: sampling.topP }),
        ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
      })) {
        output.push(token)
        text = model.detokenize(output)
        const cut = cutAtStop(text, sampling.stop)
        if (cut !== undefined) {
          text = cut
          break
        }
        if (request.isDecided?.(text)) {
          reason = 'decided'
          break
        }
        if (output.length >= sampling.maxOutputTokens) {
          reason = 'length'
          break
        }
        if (request.signal?.aborted) return fail(failure('cancelled', 'cancelled while it ran'), output.length)
      }
      return { kind: 'text', text, reason, usage: { inputTokens: tokens.length, outputTokens: output.length } }
    } catch (error) {
      if (KrigeError.isInstance(error)) throw error
      return fail(failure('server', `llama.cpp failed: ${messageOf(error)}`), output.length)
    } finally {
      release(sequence)
    }
  }

  return {
    name: options.name,
    identity: `${options.identity}#${format}`,
    concurrency: sequenceCount,
    local: true,
    threads: context.currentThreads || (options.threads ?? llama.cpuMathCores),
    format,
    license: model.fileInfo.metadata.general?.license,
    countTokens: (prompt) => tokenizer.tokenize({ prompt }).length,
    generate,
    async close() {
      if (closed) return
      closed = true
      await context.dispose()
      await model.dispose()
      await llama.dispose()
    },
  }
}

async function keptPromptsOf(model: LlamaModel, contextSize: number): Promise<number> {
  const bytesOf = async (sequences: number) => {
    const options = { contextSize, modelGpuLayers: 0, sequences }
    return (await model.fileInsights.estimateContextResourceRequirementsV2(options)).cpuRam
  }
  const each = (await bytesOf(2)) - (await bytesOf(1))
  return each > 0 ? Math.max(1, Math.min(MOST_KEPT_PROMPTS, Math.floor(KEPT_MEMORY / each))) : 1
}

function resolveFormat(options: GgufModelOptions, template: string | undefined): 'chat' | 'raw' {
  const format = options.format ?? 'auto'
  if (format === 'chat' && template === undefined) {
    throw new InvalidInputError(`${options.file} carries no chat template`, {
      remedy: 'Use it as a base model: put #raw after its name.',
    })
  }
  if (format === 'auto') return template === undefined ? 'raw' : 'chat'
  return format
}

interface PromptTokenizer {
  tokenize(conversation: Conversation): Token[]
}

function createPromptTokenizer(model: LlamaModel, template: string | undefined): PromptTokenizer {
  const { bos } = model.tokens
  const start = model.tokens.shouldPrependBosToken && bos !== null ? [bos] : []
  const formats = new Map<string, ChatFormat>()
  const formatFor = (source: string, roles: readonly Message['role'][]) => {
    const key = roles.join()
    let format = formats.get(key)
    if (!format) {
      const { bosString, eosString } = model.tokens
      format = readChatFormat(source, roles, { bosToken: bosString ?? '', eosToken: eosString ?? '' })
      formats.set(key, format)
    }
    return format
  }
  return {
    tokenize(conversation) {
      const messages = messagesOf(conversation)
      if (template === undefined) {
        return [...start, ...model.tokenize(messages.map(({ content }) => content).join('\n\n'))]
      }
      const { around, order, trims } = formatFor(
        template,
        messages.map(({ role }) => role),
      )
      const tokens = order.flatMap((index, place) => {
        const { content } = messages[index]!
        return [...model.tokenize(around[place]!, true), ...model.tokenize(trims[index] ? content.trim() : content)]
      })
      return [...(tokens[0] === start[0] ? [] : start), ...tokens, ...model.tokenize(around.at(-1)!, true)]
    },
  }
}

/**
 * Which sequence a prompt goes to: the one that holds most of it, or the one that was used least recently.
 *
 * @param held - what each sequence holds, the least recently used first
 * @example
 * sequenceFor([1, 2, 3], [[7], [1, 2, 9]]) // 1
 * sequenceFor([1, 2, 3], [[7], [1, 8, 9]]) // 0
 */
export function sequenceFor(tokens: readonly number[], held: readonly (readonly number[])[]): number {
  const shared = held.map((kept) => commonPrefix(kept, tokens))
  const most = Math.max(...shared)
  return most < OF_USE * tokens.length ? 0 : shared.lastIndexOf(most)
}

function commonPrefix(left: readonly number[], right: readonly number[]): number {
  const end = Math.min(left.length, right.length)
  let index = 0
  while (index < end && left[index] === right[index]) index++
  return index
}
