/**
 * How the paths of the server are described: what they all have in common.
 *
 * @module
 */
import { createRoute, z } from '@hono/zod-openapi'
import * as schemas from './schemas.ts'

type Schema = z.ZodType

export const json = <Body extends Schema>(schema: Body) => ({ 'application/json': { schema } })

const failure = (description: string) => ({ description, content: json(schemas.errorBody) })

export const FAILURES = {
  400: failure('The request is wrong: the message says where.'),
  401: failure('The bearer token is missing or wrong.'),
  403: failure('Without a token another machine asks, or a page of another site.'),
  404: failure('There is no such study.'),
  409: failure('It contradicts what the study holds, or the budget is spent.'),
  413: failure('The body is too large.'),
  415: failure('The body is not said to be JSON.'),
  429: failure('Too many requests; Retry-After says how long to wait.'),
  500: failure('A fault of the server.'),
  503: failure('Busy, or shutting down.'),
}

export const security = [{ bearer: [] }, {}]
export const IDEMPOTENT = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('A repeated request with the same key gets the first answer and changes nothing.'),
})

export function post<Body extends Schema, Answer extends Schema>(
  path: string,
  summary: string,
  body: Body,
  answer: Answer,
  status: 200 | 201 = 200,
) {
  return createRoute({
    method: 'post',
    path,
    summary,
    security,
    request: {
      headers: IDEMPOTENT,
      params: schemas.studyName,
      body: { required: true, content: json(body) },
    },
    responses: { [status]: { description: summary, content: json(answer) }, ...FAILURES } as {
      200: { description: string; content: { 'application/json': { schema: Answer } } }
    } & typeof FAILURES,
  })
}

export function get<Answer extends Schema, Query extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  path: string,
  summary: string,
  answer: Answer,
  query?: Query,
) {
  return createRoute({
    method: 'get',
    path,
    summary,
    security,
    request: { params: schemas.studyName, ...(query ? { query } : {}) } as {
      params: typeof schemas.studyName
      query: Query
    },
    responses: { 200: { description: summary, content: json(answer) }, ...FAILURES },
  })
}

export const stream = <Query extends z.ZodObject>(
  path: string,
  summary: string,
  types: readonly string[],
  query?: Query,
  headers?: z.ZodObject,
) =>
  createRoute({
    method: 'get',
    path,
    summary,
    security,
    request: { params: schemas.studyName, ...(query ? { query } : {}), ...(headers ? { headers } : {}) },
    responses: {
      200: { description: summary, content: Object.fromEntries(types.map((type) => [type, { schema: z.string() }])) },
      ...FAILURES,
    },
  })
