import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { classifyError } from '../../../src/evaluation/models/classify-error.ts'

const said = (responseBody: string) =>
  classifyError(
    new APICallError({ message: 'no', url: 'http://a.test', requestBodyValues: {}, statusCode: 400, responseBody }),
    { host: 'a.test', redact: (text) => text.replaceAll('sk-secret', '…'), cancelled: false, now: () => 0 },
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
})
