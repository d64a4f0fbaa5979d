/**
 * What each path takes and gives; the OpenAPI document is made from these.
 *
 * @module
 */
import { createRoute, z } from '@hono/zod-openapi'
import { FAILURES, get, IDEMPOTENT, json, post, security, stream } from './route.ts'
import * as schemas from './schemas.ts'

export const listStudies = createRoute({
  method: 'get',
  path: '/studies',
  summary: 'The stored studies.',
  security,
  responses: { 200: { description: 'The stored studies.', content: json(schemas.studies) }, ...FAILURES },
})

export const createStudyRoute = createRoute({
  method: 'post',
  path: '/studies',
  summary:
    'Create a study, or take up the one of that name if it is the same. Its budget may be another: it applies from then on.',
  security,
  request: { headers: IDEMPOTENT, body: { required: true, content: json(schemas.studyInput) } },
  responses: {
    200: { description: 'It existed already, with the same settings.', content: json(schemas.studyOut) },
    201: { description: 'Created.', content: json(schemas.studyOut) },
    ...FAILURES,
  },
})

export const deleteStudy = createRoute({
  method: 'delete',
  path: '/studies/{name}',
  summary: 'Remove a study and its texts for good.',
  security,
  request: { params: schemas.studyName },
  responses: { 204: { description: 'Removed.' }, ...FAILURES },
})

export const getStudy = get('/studies/{name}', 'Settings and spending of a study.', schemas.studyOut)
export const getPending = get('/studies/{name}/pending', 'Actions that wait for results.', schemas.pending)
export const getBest = get('/studies/{name}/best', 'The best candidate by posterior.', schemas.best)
export const getPosterior = get('/studies/{name}/posterior', 'Posterior of the whole pool.', schemas.posterior)
export const ask = post('/studies/{name}/ask', 'What to measure next.', schemas.askInput, schemas.asked)
export const tell = post('/studies/{name}/tell', 'Tell results of actions.', schemas.tellInput, schemas.told)
export const observe = post(
  '/studies/{name}/observe',
  'Tell results that were not asked for.',
  schemas.observeInput,
  schemas.observed,
)
export const addCandidates = post(
  '/studies/{name}/candidates',
  'Add candidates to the pool.',
  schemas.candidatesInput,
  schemas.added,
)
export const predict = post(
  '/studies/{name}/predict',
  'What is expected of texts, in the pool or not.',
  schemas.textsInput,
  schemas.predicted,
)
export const rank = post(
  '/studies/{name}/rank',
  'Texts by how much trying each is worth, best first.',
  schemas.textsInput,
  schemas.ranked,
)
export const explain = post(
  '/studies/{name}/explain',
  'What speaks for a candidate of the pool.',
  schemas.explainInput,
  schemas.explained,
)
export const enqueue = post(
  '/studies/{name}/enqueue',
  'Have cells measured next.',
  schemas.enqueueInput,
  schemas.accepted,
)
export const conclude = post(
  '/studies/{name}/conclude',
  'End the search. Held-out examples are measured first; then the verdict.',
  schemas.concludeInput,
  schemas.concluded,
)
export const release = post('/studies/{name}/release', 'Give back an action.', schemas.releaseInput, schemas.accepted)

export const followEvents = stream(
  '/studies/{name}/events',
  'The event log as server-sent events, with `control` ones between that say whether it runs. Last-Event-ID or `from` says where to go on.',
  ['text/event-stream'],
  z.object({ from: z.coerce.number().int().min(0).optional() }),
  z.object({ 'last-event-id': z.coerce.number().int().min(0).optional() }),
)
export const getReport = stream(
  '/studies/{name}/report',
  'The report: one HTML page, or Markdown with `format=md`.',
  ['text/html', 'text/markdown'],
  z.object({ format: z.enum(['html', 'md']).default('html') }),
)
export const exportStudy = stream('/studies/{name}/export', 'The event log as JSON Lines.', ['application/x-ndjson'])
