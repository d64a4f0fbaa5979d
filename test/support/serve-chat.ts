/**
 * The chat server as a process of its own: `node serve-chat.ts HOST DELAY`. Prints its model, then one line of JSON per
 * request: when it came, from where, and what was asked.
 *
 * @module
 */
import { startChatServer } from './chat-server.ts'

const [host = '127.0.0.1', delay = '0'] = process.argv.slice(2)
const chat = await startChatServer(host)
chat.delay = Number(delay)
chat.fault = (_, { socket }, index) => {
  process.stdout.write(
    `${JSON.stringify({ at: Date.now(), from: socket.remoteAddress, asked: chat.requests[index] })}\n`,
  )
  return false
}
process.stdout.write(`${chat.model}\n`)
