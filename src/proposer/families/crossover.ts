import type { ProposerDefinition } from '../definition.ts'
import { instructionOf } from '../describe.ts'
import { otherParent, parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2

/** Combines two parents and changes the child: EvoPrompt, arXiv 2309.08532, and CAPO, arXiv 2504.16005. */
export const crossover: ProposerDefinition = {
  name: 'crossover',
  summary: 'combines two good prompts and changes the child (EvoPrompt, CAPO)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, async (count, turn) => {
        const parent = parentAt(request, turn)
        const other = otherParent(request, parent)
        if (!other) return []
        const values = { prompt: instructionOf(parent, request.task), other: instructionOf(other, request.task) }
        return writeDrafts(request, { proposer: 'crossover', metaPrompt, values, parent, others: [other], count })
      }),
  }),
}
