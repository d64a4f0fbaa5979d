import type { ProposerDefinition } from '../definition.ts'
import { instructionOf } from '../describe.ts'
import { parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 3

/** Says the parents in other words: APE's iterative resampling, Zhou et al., arXiv 2211.01910. */
export const paraphrase: ProposerDefinition = {
  name: 'paraphrase',
  summary: 'says a good prompt in other words (APE)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, (count, turn) => {
        const parent = parentAt(request, turn)
        const values = { prompt: instructionOf(parent, request.task) }
        return writeDrafts(request, { proposer: 'paraphrase', metaPrompt, values, parent, count, temperature: 1 })
      }),
  }),
}
