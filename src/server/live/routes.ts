/**
 * What a person who watches a study may ask and say.
 *
 * @module
 */
import { z } from '@hono/zod-openapi'
import { get, post } from '../route.ts'
import * as schemas from '../schemas.ts'

const index = z.int().min(0)
const state = z
  .enum(['running', 'paused', 'stopped', 'over'])
  .openapi('ControlState')
  .describe('over: nothing can be said to it any more. It is not stored: another process begins with running.')
const stated = z.object({ state }).openapi('Controlled')

const liveReport = z
  .object({
    version: z.int(),
    events: z.int().describe('Events that it shows.'),
    parts: z.array(z.object({ id: z.string(), html: z.string().optional() })),
    order: z.array(index).optional(),
    rows: z.array(z.object({ index, html: z.string() })),
    together: z.int().describe('Rows of one group of the list.'),
    again: z.number().describe('Milliseconds before another request is worth it.'),
  })
  .openapi('LiveReport')

const pair = z
  .object({
    pair: z
      .object({
        left: schemas.candidate,
        right: schemas.candidate,
        example: index,
        input: z.string().optional().describe('Of the example, where the server knows it.'),
      })
      .nullable()
      .describe('null: every two prompts were compared on every example.'),
  })
  .openapi('Pair')

const compareInput = z
  .strictObject({
    candidate: schemas.candidateReference,
    rival: schemas.candidateReference,
    example: index,
    outcome: z.number().min(0).max(1).describe('1: the candidate is better; 0: its rival; ½: a tie.'),
  })
  .openapi('CompareInput')

export const control = post(
  '/studies/{name}/control',
  'Pause, resume or stop a study: while it is held, nothing new is asked for.',
  z.strictObject({ command: z.enum(['pause', 'resume', 'stop']) }).openapi('ControlInput'),
  stated,
)
export const compare = post(
  '/studies/{name}/compare',
  'Tell who is the better of two, as a person judges it.',
  compareInput,
  schemas.accepted,
)
export const getLiveReport = get(
  '/studies/{name}/live/report',
  'The report, as what changed since a version.',
  liveReport,
  z.object({ have: z.coerce.number().int().min(0).optional() }),
)
export const getPair = get(
  '/studies/{name}/pair',
  'Two prompts that a person may compare: the best that were not compared yet.',
  pair,
  z.object({ skip: z.coerce.number().int().min(0).max(10_000).optional() }),
)
