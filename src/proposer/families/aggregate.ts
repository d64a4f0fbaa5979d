import { clip } from '../clip.ts'
import type { ProposerDefinition } from '../definition.ts'
import { describeOutcome, describeTask, instructionOf } from '../describe.ts'
import { builtInMetaPrompt, fillMetaPrompt } from '../meta-prompt.ts'
import { failuresOf, parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 3
const CRITIQUES = 3
const FAILURES_EACH = 3

/** Sums up several critiques of disjoint failures before it changes anything: TextGrad, arXiv 2406.07496. */
export const aggregate: ProposerDefinition = {
  name: 'aggregate',
  summary: 'sums up several critiques before it changes a prompt (TextGrad)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE) * (CRITIQUES + 1),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, async (count, turn) => {
        const { task, pool, random } = request
        const parent = parentAt(request, turn)
        const wrong = failuresOf(parent, pool, random).slice(0, CRITIQUES * FAILURES_EACH)
        const prompt = instructionOf(parent, task)
        const critique = builtInMetaPrompt('critique')
        const critiques: string[] = []
        for (let start = 0; start < wrong.length; start += FAILURES_EACH) {
          const failures = wrong.slice(start, start + FAILURES_EACH).map((outcome) => describeOutcome(outcome, task))
          const values = { task: describeTask(task), prompt, failures: failures.join('\n\n') }
          const said = await request.ask?.({ prompt: fillMetaPrompt(critique, values), maxOutputTokens: 160 })
          if (said !== undefined && said.trim() !== '')
            critiques.push(`- ${clip(said.replace(/\s+/g, ' ').trim(), 400)}`)
        }
        if (critiques.length === 0) return []
        const values = { prompt, critiques: critiques.join('\n') }
        const shows = wrong.map(({ example }) => example)
        return writeDrafts(request, { proposer: 'aggregate', metaPrompt, values, parent, count, shows })
      }),
  }),
}
