import { describe, expect, it } from 'vitest'
import { orAborted } from '../../src/evaluation/or-aborted.ts'

describe('orAborted', () => {
  const never = new Promise<string>(() => {})

  it('settles when the signal aborts, before or after it is called', async () => {
    await expect(orAborted(never, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    const controller = new AbortController()
    const waiting = orAborted(never, controller.signal)
    controller.abort(new Error('after'))
    await expect(waiting).rejects.toThrow('after')
  })

  it('gives what the work gives, and no unhandled rejection where that fails later', async () => {
    const { signal } = new AbortController()
    await expect(orAborted(Promise.resolve('done'), signal)).resolves.toBe('done')
    await expect(orAborted(Promise.reject(new Error('late')), AbortSignal.abort(new Error('gone')))).rejects.toThrow()
  })
})
