import type { ProposerDefinition } from '../definition.ts'
import { describeExamples, describeHistory, instructionOf } from '../describe.ts'
import { bestMeasured, parentAt, shuffled, teachingExamples } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'
import { TIPS } from './mutate.ts'

const AT_ONCE = 2
const SHOWN = 6

/** Shows some data, the present prompt, earlier ones with scores, and a random tip: MIPROv2, arXiv 2406.11695. */
export const grounded: ProposerDefinition = {
  name: 'grounded',
  summary: 'starts from the data, the present prompt and a tip (MIPROv2)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, (count, turn) => {
        const { task, pool, random } = request
        const parent = parentAt(request, turn)
        const shows = shuffled(teachingExamples(task, random), random).slice(0, SHOWN)
        const best = bestMeasured(pool, 3)
        const history =
          best.length < 2 ? '' : `Earlier instructions with their scores:\n\n${describeHistory(best, task)}`
        const tip = TIPS[random.integer(TIPS.length)]!
        const values = { prompt: instructionOf(parent, task), data: describeExamples(shows, task), history, tip }
        return writeDrafts(request, { proposer: 'grounded', metaPrompt, values, parent, count, shows, hypothesis: tip })
      }),
  }),
}
