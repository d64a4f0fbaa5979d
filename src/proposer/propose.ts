import type { Gate } from './gate/gate.ts'
import type { Rejection } from './gate/rejection.ts'
import type { Draft, ProposalRequest, Proposer } from './proposer.ts'

export interface Proposed {
  /** At most as many as were wanted. */
  readonly drafts: readonly Draft[]
  readonly rejected: readonly Rejection[]
}

/**
 * Has a proposer answer a request, and the gate look at what it says. What a generator wrote in vain is asked for once more,
 * with the reasons.
 *
 * @example
 * const gate = createGate({ task: view, pool: [{ id: 'a', text: 'Label it.' }] })
 * const { drafts } = await propose(createProposer('format'), request, gate)
 * drafts.length // 2
 */
export async function propose(proposer: Proposer, request: ProposalRequest, gate: Gate): Promise<Proposed> {
  const first = await gate.sort(await proposer.propose(request))
  const missing = request.count - first.passed.length
  const wasWritten = first.rejected.some(({ reason, written }) => written && reason !== 'empty')
  if (!request.ask || missing <= 0 || !wasWritten) {
    return { drafts: first.passed.slice(0, request.count), rejected: first.rejected }
  }
  const again = { ...request, count: missing, rejected: first.rejected, random: request.random.split('again') }
  const second = await gate.sort(await proposer.propose(again))
  return {
    drafts: [...first.passed, ...second.passed].slice(0, request.count),
    rejected: [...first.rejected, ...second.rejected],
  }
}

/** How many drafts were refused, by reason. */
export function countByReason(rejected: readonly Rejection[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { reason } of rejected) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
