import type { ProposerDefinition } from '../definition.ts'
import { describeOutcome, instructionOf } from '../describe.ts'
import type { MeasuredExample, Member } from '../proposer.ts'
import { drawMembers, parentAt } from '../selection.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2
const SHOWN_EACH = 2

/**
 * Sets two prompts against each other where one was right and the other wrong: StraGO, arXiv 2410.08601. A central
 * difference, where reflection on failures alone is one-sided and drifts.
 */
export const contrast: ProposerDefinition = {
  name: 'contrast',
  summary: 'sets what succeeded against what failed (StraGO)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, async (count, turn) => {
        const { task, pool, random } = request
        const parent = parentAt(request, turn)
        const others = drawMembers(pool, pool.length, random, [parent.index])
        const other = others.find((one) => winsOf(parent, one).length > 0 && winsOf(one, parent).length > 0)
        if (!other) return []
        const mine = winsOf(parent, other).slice(0, SHOWN_EACH)
        const theirs = winsOf(other, parent).slice(0, SHOWN_EACH)
        const show = (outcomes: readonly MeasuredExample[]) =>
          outcomes.map((one) => describeOutcome(one, task)).join('\n\n')
        return writeDrafts(request, {
          proposer: 'contrast',
          metaPrompt,
          parent,
          others: [other],
          count,
          values: {
            prompt: instructionOf(parent, task),
            other: instructionOf(other, task),
            successes: show(mine),
            failures: show(theirs),
          },
          shows: [...mine, ...theirs].map(({ example }) => example),
        })
      }),
  }),
}

/** Outcomes of the first on examples where it did better than the second. */
function winsOf(member: Member, other: Member): MeasuredExample[] {
  const theirs = new Map(other.outcomes.map(({ example, score }) => [example, score]))
  return member.outcomes.filter(({ example, score }) => {
    const their = theirs.get(example)
    return score !== null && their !== null && their !== undefined && score > their
  })
}
