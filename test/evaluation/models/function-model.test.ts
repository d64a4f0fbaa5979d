import { describe, expect, it } from 'vitest'
import { functionModel, type GenerateContext } from '../../../src/evaluation/models/function-model.ts'

const sampling = { temperature: 0.5, maxOutputTokens: 20, seed: 7 }

describe('a function as a model', () => {
  it('is told how to answer, and its answer is counted', async () => {
    let told: GenerateContext | undefined
    const model = functionModel((prompt, context) => {
      told = context
      return `${prompt} Yes.`
    })
    const turns = [{ user: 'Was it?', assistant: 'No.' }]
    const answer = await model.generate({ prompt: 'Is it?', system: 'Be brief.', turns, sampling })
    expect(answer).toMatchObject({ kind: 'text', text: 'Was it?\n\nNo.\n\nIs it? Yes.', usage: { estimated: true } })
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Was it?' },
      { role: 'assistant', content: 'No.' },
      { role: 'user', content: 'Is it?' },
    ]
    const alone = await model.generate({ prompt: 'Is it?', turns, sampling })
    expect(answer.usage.inputTokens).toBeGreaterThan(alone.usage.inputTokens)
    expect(told).toMatchObject({ system: undefined, messages: messages.slice(1) })
    await model.generate({ prompt: 'Is it?', system: 'Be brief.', turns, sampling })
    expect(told).toEqual({ ...sampling, system: 'Be brief.', messages, signal: undefined })
  })

  it.each<readonly [string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('socket hang up')
      },
      'socket hang up',
    ],
    ['rejects', async () => Promise.reject(new Error('socket hang up')), 'socket hang up'],
    ['gives no text', () => 3, 'generate gave 3; expected a text'],
  ])('that %s has failed that call', async (_, answer, message) => {
    const model = functionModel(answer as () => string)
    expect(await model.generate({ prompt: 'Hi.', sampling })).toMatchObject({
      kind: 'failure',
      failure: { kind: 'program', message },
    })
  })

  it('ends with its signal, whether or not the function does', async () => {
    const controller = new AbortController()
    const model = functionModel(() => new Promise<never>(() => {}))
    const answer = model.generate({ prompt: 'Hi.', sampling, signal: controller.signal })
    controller.abort()
    expect(await answer).toMatchObject({
      failure: { kind: 'cancelled' },
      // What was begun may be paid for.
      usage: { outputTokens: sampling.maxOutputTokens },
    })
  })
})
