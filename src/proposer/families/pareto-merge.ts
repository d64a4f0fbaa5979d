import type { Random } from '../../numerics/random/random.ts'
import type { ProposerDefinition } from '../definition.ts'
import { instructionOf } from '../describe.ts'
import type { Member } from '../proposer.ts'
import { batches, inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2
/** How many outcomes a prompt's mean counts as, when it says what the prompt does on one example. */
const MEAN_WEIGHT = 2

/**
 * Merges prompts that are best on different examples: GEPA's Pareto parents and merge, Agrawal et al., arXiv 2507.19457.
 * Who is best on an example is drawn from the posterior, so that one lucky outcome makes no frontier.
 */
export const paretoMerge: ProposerDefinition = {
  name: 'merge',
  summary: 'merges prompts that are best on different examples (GEPA)',
  needsGenerator: true,
  create: ({ metaPrompt }) => ({
    calls: (count) => batches(count, AT_ONCE),
    propose: (request) =>
      inBatches(request.count, AT_ONCE, async (count) => {
        const { task, pool, random } = request
        const pair = drawComplements(pool, task.examples.length, random)
        if (!pair) return []
        const [parent, other] = pair
        const values = { prompt: instructionOf(parent, task), other: instructionOf(other, task) }
        return writeDrafts(request, { proposer: 'merge', metaPrompt, values, parent, others: [other], count })
      }),
  }),
}

/** Two prompts of one drawn frontier, by how many examples each leads. */
export function drawComplements(
  pool: readonly Member[],
  examples: number,
  random: Random,
): readonly [Member, Member] | undefined {
  const measured = pool.filter(({ mean, outcomes }) => mean !== undefined && outcomes.length > 0)
  if (measured.length < 2) return undefined
  const scores = measured.map((member) => new Map(member.outcomes.map(({ example, score }) => [example, score])))
  const leads = new Array<number>(measured.length).fill(0)
  for (let example = 0; example < examples; example++) {
    let best = -1
    let highest = Number.NEGATIVE_INFINITY
    measured.forEach(({ mean = 0, standardDeviation = 0 }, index) => {
      const score = scores[index]!.get(example)
      const level = mean + standardDeviation * random.normal()
      const draw = typeof score === 'number' ? (MEAN_WEIGHT * level + score) / (MEAN_WEIGHT + 1) : level
      if (draw > highest) [best, highest] = [index, draw]
    })
    leads[best]!++
  }
  const first = random.categorical(leads)
  const rest = leads.map((count, index) => (index === first ? 0 : count))
  if (rest.every((count) => count === 0)) return undefined
  return [measured[first]!, measured[random.categorical(rest)]!]
}
