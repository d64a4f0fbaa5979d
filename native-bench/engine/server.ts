/**
 * A process of its own: a model server that answers after a millisecond, and above a limit with 429. Prints its port.
 *
 *     node server.ts [requests per second]
 *
 * @module
 */
import { createServer } from 'node:http'

const LATENCY = 1
const limit = Number(process.argv[2] ?? Number.POSITIVE_INFINITY)
/** A tenth of a second's worth at once. */
const burst = Math.max(1, limit / 10)
let level = burst
let filled = performance.now()

const reply = JSON.stringify({
  id: 'chat',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: 'bug' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
})

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const now = performance.now()
    level = limit === Number.POSITIVE_INFINITY ? 1 : Math.min(burst, level + ((now - filled) * limit) / 1000)
    filled = now
    if (level < 1) {
      response.writeHead(429, { 'content-type': 'application/json' }).end('{"error":{"message":"slow down"}}')
      return
    }
    level -= 1
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(reply), LATENCY)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : ''}\n`)
})
