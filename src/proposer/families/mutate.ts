import type { ProposerDefinition } from '../definition.ts'
import { instructionOf } from '../describe.ts'
import { parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2

/** Directions to move in, so that replenished prompts differ. */
export const TIPS: readonly string[] = [
  'Add the rules that decide hard cases.',
  'Define every possible answer in a few words.',
  'Be short and direct, and say exactly what to output.',
  'Say step by step how to find the answer.',
  'Name the most frequent mistakes and forbid them.',
  'Describe the role of an expert who does this every day.',
  'Say which words or signs in the input matter, and which mislead.',
  'Explain what the input is and who wrote it.',
]

/** Changes the best prompts in a random direction and so replenishes the pool: Promptbreeder, arXiv 2309.16797. */
export const mutate: ProposerDefinition = {
  name: 'mutate',
  summary: 'changes the best prompts in a random direction (Promptbreeder)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, (count, turn) => {
        const parent = parentAt(request, turn)
        const tip = TIPS[request.random.integer(TIPS.length)]!
        const values = { prompt: instructionOf(parent, request.task), tip }
        return writeDrafts(request, { proposer: 'mutate', metaPrompt, values, parent, count, hypothesis: tip })
      }),
  }),
}
