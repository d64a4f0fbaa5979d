import type { ProposerDefinition } from '../definition.ts'
import { instructionOf } from '../describe.ts'
import { drawMembers, parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2

/** Changes in the best prompt what differs between two others: EvoPrompt's differential evolution, arXiv 2309.08532. */
export const differential: ProposerDefinition = {
  name: 'differential',
  summary: 'moves the best prompt along the difference of two others (EvoPrompt)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, async (count, turn) => {
        const { task, pool, random } = request
        const parent = parentAt(request, turn)
        const [first, second] = drawMembers(pool, 2, random, [parent.index])
        if (!first || !second) return []
        const values = {
          prompt: instructionOf(parent, task),
          first: instructionOf(first, task),
          second: instructionOf(second, task),
        }
        const others = [first, second]
        return writeDrafts(request, { proposer: 'differential', metaPrompt, values, parent, others, count })
      }),
  }),
}
