/**
 * A server that is model and judge at once. Prompt k answers with quality k. The judge prefers the higher one, errs now
 * and then, and likes what it reads first.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ComparisonServer {
  readonly url: string
  /** Every message it got. */
  readonly requests: string[]
  /** Milliseconds before an answer. */
  delay: number
  close(): Promise<void>
}

const share = (text: string) => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32

/** What the server says to a message. */
export function comparisonAnswer(message: string): string {
  const answers = ['A', 'B'].map((name) => new RegExp(`<${name} \\w+>\\n(quality (\\d+)[^<]*)\\n`).exec(message))
  const [a, b] = answers
  if (!a || !b) {
    const [, prompt = '0'] = /Instruction (\d+)/.exec(message) ?? []
    return `quality ${prompt} for ${/case number \d+/.exec(message)?.[0] ?? 'nothing'}`
  }
  // The same pair gets the same luck in both orders; the first place is worth half a step.
  const luck = 6 * (share([a[1], b[1]].sort().join()) - 0.5)
  const ahead = Number(a[2]) - Number(b[2]) + (a[1]! < b[1]! ? luck : -luck) + 0.5
  return `I compared them. Better: ${ahead > 0 ? 'A' : 'B'}`
}

export async function startComparisonServer(): Promise<ComparisonServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      const parsed: { messages: { content: string | { text: string }[] }[] } = JSON.parse(body)
      const content = parsed.messages.at(-1)?.content ?? ''
      const message = typeof content === 'string' ? content : content.map((part) => part.text).join('')
      requests.push(message)
      const reply = JSON.stringify({
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: 'test',
        choices: [
          { index: 0, message: { role: 'assistant', content: comparisonAnswer(message) }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
      })
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(reply), comparisons.delay)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const comparisons: ComparisonServer = {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    delay: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return comparisons
}

/** A task whose later prompts answer better. */
export function comparisonTask(url: string, budget: Readonly<Record<string, number>>) {
  return {
    name: 'duels',
    examples: Array.from({ length: 60 }, (_, index) => ({ input: `case number ${index}` })),
    split: { search: 30, holdout: 30, seed: 1 },
    template: '{{instruction}}\n{{input}}',
    metric: { name: 'pairwise-judge', model: `openai-compatible:${url}#judge`, criteria: 'Higher quality.' },
    model: `openai-compatible:${url}#model`,
    prompts: Array.from({ length: 8 }, (_, index) => ({
      id: `p${index}`,
      slots: { instruction: `Instruction ${index}.` },
    })),
    baseline: { slots: { instruction: 'Instruction 2.' } },
    budget,
    embedder: 'none',
  }
}
