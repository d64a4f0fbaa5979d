import { showValue } from '../../prompt/template.ts'
import { clip } from '../clip.ts'
import type { ProposerDefinition } from '../definition.ts'
import { instructionOf } from '../describe.ts'
import type { Member, ProposalRequest } from '../proposer.ts'
import { parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2
const MOST_SHOWN = 4

/**
 * Looks at how answers changed from a prompt to its child, not only at what they are now. It is second order, as
 * REVOLVE, Zhang et al., arXiv 2412.03092.
 */
export const revolve: ProposerDefinition = {
  name: 'revolve',
  summary: 'looks at how answers changed from parent to child (REVOLVE)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, async (count, turn) => {
        const { task, pool } = request
        const beforeOf = ({ candidate }: Member) => pool.find(({ index }) => index === candidate.origin?.parents?.[0])
        const parent = [parentAt(request, turn), ...request.parents, ...pool].find(beforeOf)
        const before = parent && beforeOf(parent)
        if (!parent || !before) return []
        const changes = changesOf(before, parent, request)
        if (changes.length === 0) return []
        return writeDrafts(request, {
          proposer: 'revolve',
          metaPrompt,
          parent,
          others: [before],
          count,
          values: {
            prompt: instructionOf(parent, task),
            other: instructionOf(before, task),
            failures: changes.map(({ text }) => text).join('\n\n'),
          },
          shows: changes.map(({ example }) => example),
        })
      }),
  }),
}

/** Answers to the same inputs before and after, those first that are still wrong. */
function changesOf(before: Member, after: Member, { task }: ProposalRequest) {
  const earlier = new Map(before.outcomes.map((outcome) => [outcome.example, outcome]))
  return after.outcomes
    .filter(
      ({ example, output, score }) =>
        output !== undefined && score !== null && earlier.get(example)?.output !== undefined,
    )
    .toSorted((a, b) => a.score! - b.score!)
    .slice(0, MOST_SHOWN)
    .map((outcome) => {
      const { input, expected } = task.examples[outcome.example]!
      const lines = [
        `Input: ${clip(showValue(input), 400)}`,
        `Answer before: ${clip(earlier.get(outcome.example)!.output!.trim(), 200)}`,
        `Answer after: ${clip(outcome.output!.trim(), 200)}`,
        ...(expected === undefined ? [] : [`Right answer: ${clip(showValue(expected), 200)}`]),
      ]
      return { example: outcome.example, text: lines.join('\n') }
    })
}
