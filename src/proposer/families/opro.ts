import type { ProposerDefinition } from '../definition.ts'
import { describeHistory } from '../describe.ts'
import { bestMeasured, parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2
const LONGEST_HISTORY = 8

/**
 * Shows the best prompts in ascending order of their scores and asks for a better one: OPRO, Yang et al., arXiv 2309.03409.
 * Scores are posterior means, so that a prompt that was lucky on few examples does not lead.
 */
export const opro: ProposerDefinition = {
  name: 'opro',
  summary: 'shows the best prompts with their posterior means and asks for a better one (OPRO)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    async propose(request) {
      const best = bestMeasured(request.pool, LONGEST_HISTORY)
      if (best.length === 0) return []
      const values = { history: describeHistory(best, request.task) }
      return inBatches(request.count, AT_ONCE, (count, turn) => {
        const parent = parentAt(request, turn)
        const others = best.filter(({ index }) => index !== parent.index).slice(0, 2)
        return writeDrafts(request, { proposer: 'opro', metaPrompt, values, parent, others, count, temperature: 1 })
      })
    },
  }),
}
