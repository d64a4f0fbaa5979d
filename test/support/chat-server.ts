/**
 * A model server, on the loopback unless told otherwise, that speaks the OpenAI chat API and answers deterministically.
 * Prompt number k is right on a share of the inputs that grows with k.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ChatServer {
  /** For a task file: `openai-compatible:http://127.0.0.1:PORT/v1#test`. */
  readonly model: string
  /** The user message of every request, in order of arrival. */
  readonly requests: string[]
  /** What the next requests get instead of an answer. */
  fault: ((response: ServerResponse, request: IncomingMessage, index: number) => boolean) | undefined
  /** Milliseconds before an answer. */
  delay: number
  close(): Promise<void>
}

/** Whether prompt k answers an input correctly: stable, and right on 30% to 90% of the inputs. */
export function isRight(prompt: number, input: string, prompts: number): boolean {
  const hash = createHash('sha256').update(`${prompt}|${input}`).digest()
  return hash.readUInt32BE(0) / 2 ** 32 < 0.3 + (0.6 * prompt) / Math.max(1, prompts - 1)
}

/** What every test task asks: prompt "Instruction k of n.", input "text [label]". */
export function answerOf(message: string): string {
  const [, prompt = '0', prompts = '1'] = /Instruction (\d+) of (\d+)/.exec(message) ?? []
  const [, input = '', label = ''] = /Ticket: (.*? \[(\w+)\])/.exec(message) ?? []
  return isRight(Number(prompt), input, Number(prompts)) ? label : 'none'
}

export async function startChatServer(host = '127.0.0.1'): Promise<ChatServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      const index = requests.length
      const parsed: { messages: { role: string; content: string | { text: string }[] }[] } = JSON.parse(body)
      const content = parsed.messages.at(-1)?.content ?? ''
      const message = typeof content === 'string' ? content : content.map((part) => part.text).join('')
      requests.push(message)
      if (chat.fault?.(response, request, index)) return
      const answer = answerOf(message)
      const reply = JSON.stringify({
        id: `chat-${index}`,
        object: 'chat.completion',
        created: 1_700_000_000,
        model: 'test',
        choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: Math.ceil(message.length / 4),
          completion_tokens: 1,
          total_tokens: Math.ceil(message.length / 4) + 1,
        },
      })
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(reply)
      }, chat.delay)
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  const chat: ChatServer = {
    model: `openai-compatible:http://${host}:${port}/v1#test`,
    requests,
    fault: undefined,
    delay: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return chat
}

export interface TestTaskOptions {
  readonly prompts?: number
  readonly search?: number
  readonly holdout?: number
  readonly budget?: Readonly<Record<string, number>>
}

/** The content of a task of which {@link answerOf} knows the answers. */
export function testTask(model: string, options: TestTaskOptions = {}) {
  const { prompts = 12, search = 40, holdout = 40 } = options
  const labels = ['bug', 'billing', 'account']
  return {
    name: 'tickets',
    examples: Array.from({ length: search + holdout }, (_, index) => ({
      input: `case number ${index} [${labels[index % 3]}]`,
      expected: labels[index % 3]!,
    })),
    split: { search, holdout, seed: 1 },
    template: '{{instruction}}\nTicket: {{input}}\nLabel:',
    metric: 'label-match',
    model,
    prompts: Array.from({ length: prompts }, (_, index) => ({
      id: `p${index}`,
      slots: { instruction: `Instruction ${index} of ${prompts}.` },
    })),
    baseline: { slots: { instruction: `Instruction 0 of ${prompts}.` } },
    budget: options.budget ?? { evaluations: 300, calls: 360 },
    embedder: 'none',
  }
}
