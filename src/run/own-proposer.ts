/**
 * Proposers of the caller's own.
 *
 * @module
 */
import * as z from 'zod'
import { checkInput } from '../check-input.ts'
import { orAborted } from '../evaluation/or-aborted.ts'
import type { Draft, ProposalRequest, Proposer } from '../proposer/proposer.ts'
import type { ProposerSpecification } from '../proposer/registry.ts'
import { messageOf } from '../text/message-of.ts'

/** A proposer by name and settings, or one of the caller's own. */
export type GivenProposer = ProposerSpecification | Proposer

/** Code of the caller's went wrong: that costs its drafts, not the run. */
export class ProposerFault extends Error {}

export function isOwnProposer(given: GivenProposer): given is Proposer {
  return typeof given === 'object' && typeof given['propose'] === 'function'
}

/** The same proposer: it ends when the search is aborted, and what it gives are drafts, or else a {@link ProposerFault}. */
export function ownProposer(own: Proposer): Proposer {
  checkInput<unknown>(proposerSchema, own, 'proposer')
  const { name, members, needsGenerator } = own
  return {
    name,
    ...(members ? { members } : {}),
    needsGenerator,
    calls: (count) => own.calls(count),
    async propose(request) {
      try {
        const given: unknown = await orAborted(own.propose(request), request.signal)
        checkInput<unknown>(draftsSchema(request), given, 'drafts')
        return given as readonly Draft[]
      } catch (error) {
        if (request.signal?.aborted && error === request.signal.reason) throw error
        throw new ProposerFault(`proposer ${name} failed: ${messageOf(error)}`, { cause: error })
      }
    },
  }
}

const proposerSchema = z.looseObject({
  name: z.string().min(1),
  needsGenerator: z.boolean(),
  calls: z.custom((calls) => typeof calls === 'function', 'expected a function of the number of drafts wanted'),
})

function draftsSchema({ task, pool }: ProposalRequest) {
  const text = z.string('expected a text')
  const position = (count: number, what: string) =>
    z
      .int(`expected the position of ${what}`)
      .min(0)
      .max(count - 1, `expected the position of ${what}`)
  return z.array(
    z.looseObject({
      slots: z.strictObject(Object.fromEntries(task.slots.map((slot) => [slot, text]))),
      parents: z.array(position(pool.length, 'a prompt of the pool')).min(1, 'expected at least one'),
      proposer: z.string().min(1),
      parameters: z.record(z.string(), z.unknown()).optional(),
      shows: z.array(position(task.examples.length, 'a search example')).optional(),
    }),
    'expected an array of drafts',
  )
}
