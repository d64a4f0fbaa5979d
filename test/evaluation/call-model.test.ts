import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { callModel } from '../../src/evaluation/call-model.ts'
import type { ReserveCall } from '../../src/evaluation/evaluator.ts'
import { createProgramEvaluator } from '../../src/evaluation/program-evaluator.ts'
import type { GenerateRequest, TextModel } from '../../src/evaluation/text-model.ts'
import { createThrottle } from '../../src/evaluation/throttle.ts'

const folder = mkdtempSync(join(tmpdir(), 'krige-unsent-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sampling = { temperature: 0, maxOutputTokens: 8 }

/** Counts what is sent; a call takes 20 ms. */
function countingModel() {
  const sent: string[] = []
  const throttle = createThrottle({ concurrency: 1 })
  const model: TextModel = {
    name: 'counting',
    identity: 'counting',
    concurrency: 1,
    local: true,
    countTokens: (text) => text.length,
    generate: (request) =>
      throttle.run(
        async () => {
          sent.push(request.prompt)
          await new Promise((resolve) => setTimeout(resolve, 20))
          return { kind: 'text', text: 'bug', usage: { inputTokens: 1, outputTokens: 1 }, reason: 'stop' }
        },
        request.signal ? { signal: request.signal } : {},
      ),
    close: async () => throttle.close(),
  }
  return { model, sent }
}

/** A reservation is on the disk after 5 ms. */
function countingLedger() {
  const counts = { reserved: 0, settled: 0, released: 0 }
  const reserve: ReserveCall = async () => {
    counts.reserved++
    await new Promise((resolve) => setTimeout(resolve, 5))
    return {
      settle: () => {
        counts.settled++
      },
      release: () => {
        counts.released++
      },
    }
  }
  return { counts, reserve }
}

describe('a call that is cancelled before it is sent', () => {
  it.each([
    ['before it is reserved', -1],
    ['while it is reserved', 1],
    ['while it waits for its turn', 12],
  ])('%s costs nothing', async (_, after) => {
    const { model, sent } = countingModel()
    const { counts, reserve } = countingLedger()
    const stop = new AbortController()
    const ask = (prompt: string, signal?: AbortSignal) => {
      const request: GenerateRequest = { prompt, sampling, ...(signal ? { signal } : {}) }
      return callModel(model, request, { reserve })
    }
    const first = ask('first')
    if (after < 0) stop.abort()
    else setTimeout(() => stop.abort(), after)
    const outcome = await ask('second', stop.signal)
    expect(outcome).toMatchObject({ calls: 0, result: { failure: { kind: 'cancelled' } } })
    expect((await first).calls).toBe(1)
    expect(sent).toEqual(['first'])
    expect(counts.settled).toBe(1)
    expect(counts.released).toBe(counts.reserved - 1)
    await model.close()
  })

  it('costs nothing when its program returns at once', async () => {
    const file = join(folder, 'hasty.mjs')
    writeFileSync(
      file,
      `export default (candidate, example, { generate }) => {
  for (let k = 0; k < 5; k++) void generate('call ' + k).catch(() => undefined)
  return 1
}`,
    )
    const { model, sent } = countingModel()
    const { counts, reserve } = countingLedger()
    const evaluator = await createProgramEvaluator({ file, model, sampling })
    try {
      const evaluation = await evaluator.evaluate({
        candidate: { id: 'a', text: 'Label it.' },
        example: { id: 'e', input: 'x', fields: {} },
        repeat: 0,
        seed: 1,
        reserve,
      })
      expect(evaluation).toMatchObject({ score: 1 })
      expect(evaluation.calls).toBe(sent.length)
      expect(counts.settled).toBe(sent.length)
      expect(counts.settled + counts.released).toBe(counts.reserved)
    } finally {
      await evaluator.close()
    }
  })
})
