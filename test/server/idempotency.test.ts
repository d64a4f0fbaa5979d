import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { idempotency } from '../../src/server/idempotency.ts'

function start(limits: Parameters<typeof idempotency>[0], answer: (n: number) => Response | Promise<Response>) {
  const app = new Hono()
  let carriedOut = 0
  app.use(idempotency(limits))
  app.post('/', () => answer(++carriedOut))
  app.onError(() => new Response('', { status: 500 }))
  const post = (key: string) => app.request('/', { method: 'POST', body: '{}', headers: { 'Idempotency-Key': key } })
  return { text: async (key: string) => (await post(key)).text(), count: () => carriedOut }
}

describe('requests with a key', () => {
  it('are remembered up to a number of characters, the latest ones', async () => {
    const { text, count } = start({ characters: 250 }, (n) => new Response(String(n).padStart(100, '-')))
    const [first, second, third] = [await text('a'), await text('b'), await text('c')]
    expect(await text('c')).toBe(third)
    expect(await text('b')).toBe(second)
    expect(count()).toBe(3)
    expect(await text('a')).not.toBe(first)
  })

  it('are carried out once more, not several times, where the first one fails', async () => {
    const { text, count } = start({}, async (n) => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      if (n === 1) throw new Error('a fault')
      return new Response(String(n))
    })
    expect(await Promise.all([text('a'), text('a'), text('a')])).toEqual(['', '2', '2'])
    expect(count()).toBe(2)
  })
})
