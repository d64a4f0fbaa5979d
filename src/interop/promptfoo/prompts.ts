/**
 * promptfoo's prompts: texts, files and chats, each as one template text.
 *
 * @module
 */
import { extname } from 'node:path'
import * as z from 'zod'
import { KrigeError } from '../../errors.ts'
import { type Turn, writeTurns } from '../../prompt/turns.ts'
import { type ConfigFiles, csvCells, csvRows } from './files.ts'
import type { Findings } from './finding.ts'
import { json, type PromptfooConfig, type WrittenPrompt } from './schema.ts'

export interface ImportedPrompt {
  /** A Nunjucks template: the user's message, where there is a system message. */
  readonly source: string
  /** Another one. */
  readonly system?: string
  /** …and what is said in between, each message one, too. */
  readonly turns?: readonly Turn[]
  /** Names it in the configuration, and for providers that want only some prompts. */
  readonly labels: readonly string[]
  /** Becomes messages only once it is filled: a file that writes JSON with tags. */
  readonly isUnfilledChat?: true
}

const FILE = /\.(txt|md|json|jsonl|ya?ml|csv|j2|[cm]?[jt]s|py|sh|rb|go)(:\w+)?$/i
const messagesSchema = z.array(z.looseObject({ role: z.string(), content: json })).min(1)
type Messages = z.output<typeof messagesSchema>

/** Every prompt that is a text; what cannot be one is listed. */
export function importPrompts(
  written: PromptfooConfig['prompts'],
  files: ConfigFiles,
  findings: Findings,
): ImportedPrompt[] {
  const entries: [string, WrittenPrompt][] =
    typeof written === 'string'
      ? [['prompts', written]]
      : Array.isArray(written)
        ? written.map((entry, index) => [`prompts[${index}]`, entry])
        : Object.entries(written).map(([id, label]) => [`prompts.${id}`, { id, label }])
  const prompts = entries.flatMap(([where, entry]) => {
    try {
      return importPrompt(entry, where, files, findings)
    } catch (error) {
      if (!KrigeError.isInstance(error)) throw error
      findings.unsupported(where, error.message)
      return []
    }
  })
  const known = new Set<string>()
  return prompts.filter(({ labels, ...prompt }) => {
    const text = JSON.stringify(prompt)
    if (known.has(text)) findings.changed('prompts', `prompt ${labels[0]} repeats another one's text: it stands once`)
    return !known.has(text) && known.add(text)
  })
}

function importPrompt(entry: WrittenPrompt, where: string, files: ConfigFiles, findings: Findings): ImportedPrompt[] {
  if (typeof entry === 'string') return importText(entry, [], where, files, findings)
  const { label, id, raw, file, messages, config } = entry
  const labels = [label, id].filter((name) => name !== undefined)
  if (config !== undefined) findings.unsupported(`${where}.config`, 'settings of a single prompt')
  if (messages !== undefined) {
    const read = messages.map((message) => ({
      ...message,
      content:
        typeof message.content === 'string' && files.isReference(message.content)
          ? contentOf(message.content, where, files)
          : message.content,
    }))
    return [{ ...fromMessages(read, where, findings), labels }]
  }
  if (raw !== undefined && !files.isReference(raw)) return [fromSource(raw.trim(), labels, where, findings)]
  const path = file ?? raw ?? id
  if (path === undefined) {
    findings.unsupported(where, 'a prompt without text')
    return []
  }
  return importText(path, labels, where, files, findings)
}

function importText(
  written: string,
  labels: readonly string[],
  where: string,
  files: ConfigFiles,
  findings: Findings,
): ImportedPrompt[] {
  const isFile = files.isReference(written) || (FILE.test(written) && !/[\s{}]/.test(written))
  if (/^(exec|python|package|langfuse|portkey|helicone):/.test(written) || (isFile && files.isCode(written))) {
    findings.unsupported(where, `prompt ${written} is a program; programs are not run`)
    return []
  }
  if (!isFile) return [fromSource(written.trim(), labels, where, findings)]
  const paths = files.expand(written, where)
  if (paths.length === 0) findings.unsupported(where, `${written} names no file`)
  return paths.flatMap((path) => {
    const read = readPromptFile(path, labels, where, files, findings)
    if (read.length === 0) findings.unsupported(where, `${path} holds no prompt`)
    return read
  })
}

function readPromptFile(
  path: string,
  labels: readonly string[],
  where: string,
  files: ConfigFiles,
  findings: Findings,
): ImportedPrompt[] {
  const text = files.text(path, where)
  const named = [...labels, path]
  if (text.trim() === '') return []
  switch (extname(path).toLowerCase()) {
    case '.csv':
      return csvPrompts(text, path).map(({ source, label }) =>
        fromSource(source, [label ?? source, ...named], where, findings),
      )
    case '.jsonl':
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => fromSource(line.trim(), named, where, findings))
    case '.yaml':
    case '.yml': {
      const messages = readMessages(/\{%/.test(text) ? undefined : files.data(path, where))
      return [
        messages
          ? { ...fromMessages(messages, where, findings), labels: named }
          : fromSource(text.trim(), named, where, findings),
      ]
    }
    case '.json':
      return [fromSource(text.trim(), named, where, findings)]
    case '.md':
    case '.j2':
      return [fromSource(text.trim(), named, where, findings)]
    default:
      return text
        .split(/^[^\S\n]*---[^\S\n]*$/m)
        .map((part) => part.trim())
        .filter((part) => part !== '')
        .map((part) => fromSource(part, named, where, findings))
  }
}

/** A column `prompt` with perhaps one for labels; or a single column, where every line is a prompt. */
function csvPrompts(text: string, path: string): { readonly source: string; readonly label?: string | undefined }[] {
  const cells = csvCells(text)
  const [header = []] = cells
  if (header.some((name) => name.toLowerCase() === 'prompt')) {
    return csvRows(text).flatMap((row) => {
      const { prompt = '', label } = Object.fromEntries(
        Object.entries(row).map(([key, cell]) => [key.toLowerCase(), cell]),
      )
      return prompt === '' ? [] : [{ source: prompt, label: label === '' ? undefined : label }]
    })
  }
  if (cells.every((row) => row.length === 1)) return cells.map(([source = '']) => ({ source }))
  throw new KrigeError('invalid-input', `${path} has no column prompt, but ${header.join(', ')}`)
}

/** A text may hold a chat as JSON. */
function fromSource(source: string, labels: readonly string[], where: string, findings: Findings): ImportedPrompt {
  const named = labels.length > 0 ? labels : [source]
  if (!/^\[\s*\{/.test(source)) return { source, labels: named }
  const messages = parseMessages(source)
  if (messages) return { ...fromMessages(messages, where, findings), labels: named }
  findings.changed(where, 'a chat that is JSON only once it is filled: every example carries it whole')
  return { source, labels: named, isUnfilledChat: true }
}

/** A filled chat as one text. */
export function chatText(filled: string): string | undefined {
  const messages = parseMessages(filled.replace(/,\s*(?=[\]}])/g, ''))
  return messages && messagesText(messages)
}

function parseMessages(text: string): Messages | undefined {
  try {
    return readMessages(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** A list of messages, or one under `messages`. */
function readMessages(data: unknown): Messages | undefined {
  const list = typeof data === 'object' && data !== null && 'messages' in data ? data.messages : data
  const messages = messagesSchema.safeParse(list)
  return messages.success ? messages.data : undefined
}

/** System messages, turns and a message of the user stay what they are; any other chat becomes a single text. */
function fromMessages(
  messages: Messages,
  where: string,
  findings: Findings,
): Pick<ImportedPrompt, 'source' | 'system' | 'turns'> {
  for (const message of messages) {
    const lost = Object.keys(message).find((key) => key !== 'role' && key !== 'content' && key !== 'name')
    if (lost !== undefined) findings.unsupported(where, `${lost} of a message`)
    if (Array.isArray(message.content) && message.content.some((part) => textOf(part) === undefined)) {
      findings.changed(where, 'a part of a message that is no text stands there as JSON')
    }
  }
  const start = messages.findIndex((message) => !isSystem(message))
  const spoken = start < 0 ? [] : messages.slice(start)
  const before = messages.slice(0, messages.length - spoken.length)
  const alternate = spoken.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'))
  const texts = spoken.map(contentText)
  const turns = Array.from({ length: Math.floor(texts.length / 2) }, (_, index) => ({
    user: texts[2 * index]!,
    assistant: texts[2 * index + 1]!,
  }))
  const isKept = alternate && spoken.length % 2 === 1 && (turns.length === 0 || writeTurns(turns) !== undefined)
  if (messages.length > 1 && isKept) {
    if (before.length > 1) findings.changed(where, 'the system messages of a chat are one, one after the other')
    return {
      source: texts.at(-1)!,
      ...(before.length > 0 ? { system: before.map(contentText).join('\n\n') } : {}),
      ...(turns.length > 0 ? { turns } : {}),
    }
  }
  if (messages.length > 1) findings.changed(where, 'the messages of a chat stand in one message, one after the other')
  return { source: messagesText(messages) }
}

const isSystem = ({ role }: Messages[number]) => role === 'system' || role === 'developer'

const contentText = ({ content }: Messages[number]) => (typeof content === 'string' ? content : partsText(content))

/** One user message stays itself; a turn of the assistant's needs a name in front of it. */
function messagesText(messages: Messages): string {
  const isDialogue = messages.some((message) => message.role !== 'user' && !isSystem(message))
  return messages
    .map((message) => {
      const { role } = message
      const name = isSystem(message) ? '' : `${role[0]!.toUpperCase()}${role.slice(1)}: `
      return isDialogue ? `${name}${contentText(message)}` : contentText(message)
    })
    .join('\n\n')
}

/** Content in parts: their texts. */
function partsText(content: unknown): string {
  const parts = Array.isArray(content) ? content : [content ?? '']
  return parts.map((part: unknown) => textOf(part) ?? JSON.stringify(part)).join('\n')
}

function textOf(part: unknown): string | undefined {
  if (typeof part === 'string') return part
  return typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string'
    ? part.text
    : undefined
}

function contentOf(reference: string, where: string, files: ConfigFiles): string {
  if (files.isCode(reference)) throw new KrigeError('invalid-input', `${reference} is a program; programs are not run`)
  return files.text(reference, where).trim()
}
