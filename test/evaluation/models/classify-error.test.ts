import { APICallError, LoadAPIKeyError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { classifyError, wasNeverSent } from '../../../src/evaluation/models/classify-error.ts'

const context = {
  host: 'a.test',
  redact: (text: string) => text.replaceAll('sk-secret', '…'),
  cancelled: false,
  now: () => 0,
}
const said = (responseBody: string) =>
  classifyError(
    new APICallError({ message: 'no', url: 'http://a.test', requestBodyValues: {}, statusCode: 400, responseBody }),
    context,
  ).message

describe('what a provider says went wrong', () => {
  it.each([
    ['{"error":{"message":"temperature is not supported","code":3}}', 'temperature is not supported'],
    ['{"error":"no such model"}', 'no such model'],
    ['{"message":"key sk-secret is wrong"}', 'key … is wrong'],
    ['{"error":{"code":3}}', '{"error":{"code":3}}'],
    ['[1]', '[1]'],
    ['null', 'null'],
    ['not JSON', 'not JSON'],
  ])('is read from %s', (body, reason) => {
    expect(said(body)).toBe(`HTTP 400 from a.test: ${reason}`)
  })

  it('names the variable of a key that is missing', () => {
    const message =
      "OpenAI API key is missing. Pass it using the 'apiKey' parameter or the OPENAI_API_KEY environment variable."
    expect(classifyError(new LoadAPIKeyError({ message }), context)).toMatchObject({
      kind: 'authentication',
      message: 'there is no API key for a.test: set OPENAI_API_KEY in the environment',
    })
    expect(classifyError(new LoadAPIKeyError({ message: 'no key' }), context).message).toBe('no key')
    expect(wasNeverSent(new Error('it failed', { cause: new LoadAPIKeyError({ message }) }))).toBe(true)
    expect(wasNeverSent(new Error('socket hang up'))).toBe(false)
  })
})
