import { clip } from '../clip.ts'
import type { ProposerDefinition } from '../definition.ts'
import { instructionOf } from '../describe.ts'
import type { Member } from '../proposer.ts'
import { parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 3
const MOST_CHANGES = 8

/** Carries past critiques on: what was changed before, and what it did to the posterior mean. GPO, arXiv 2402.17564. */
export const momentum: ProposerDefinition = {
  name: 'momentum',
  summary: 'goes on in the direction that helped before (GPO)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    async propose(request) {
      const critiques = pastChanges(request.pool) || '(none yet)'
      return inBatches(request.count, AT_ONCE, (count, turn) => {
        const parent = parentAt(request, turn)
        const values = { prompt: instructionOf(parent, request.task), critiques }
        return writeDrafts(request, { proposer: 'momentum', metaPrompt, values, parent, count })
      })
    },
  }),
}

/** The largest changes first, up or down: those say most. */
function pastChanges(pool: readonly Member[]): string {
  const byIndex = new Map(pool.map((member) => [member.index, member]))
  return pool
    .flatMap(({ candidate: { origin }, mean, outcomes }) => {
      const before = byIndex.get(origin?.parents?.[0] ?? -1)?.mean
      if (origin?.hypothesis === undefined || mean === undefined || before === undefined || outcomes.length === 0)
        return []
      return [{ hypothesis: origin.hypothesis, gain: mean - before }]
    })
    .sort((a, b) => Math.abs(b.gain) - Math.abs(a.gain))
    .slice(0, MOST_CHANGES)
    .map(({ hypothesis, gain }) => `- ${clip(hypothesis, 200)} (${gain >= 0 ? '+' : ''}${Math.round(100 * gain)})`)
    .join('\n')
}
