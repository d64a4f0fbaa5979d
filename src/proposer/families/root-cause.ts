import * as z from 'zod'
import { clip } from '../clip.ts'
import type { ProposerDefinition } from '../definition.ts'
import { describeOutcome, describeTask, instructionOf } from '../describe.ts'
import { builtInMetaPrompt, fillMetaPrompt } from '../meta-prompt.ts'
import type { Draft } from '../proposer.ts'
import { failuresOf, parentAt } from '../selection.ts'
import { writeDrafts } from '../write-drafts.ts'

const MOST_CAUSES = 3
const AT_ONCE = 2

/**
 * Sorts many failures by their causes, then mends one cause at a time: the hierarchical reflective optimizer of Opik. With
 * few failures there is nothing to sort.
 */
export const rootCause: ProposerDefinition = {
  name: 'root-cause',
  summary: 'sorts many failures by cause and mends one at a time (HRPO)',
  needsGenerator: true,
  options: z.strictObject({
    failures: z.int().min(4).max(100).default(25).describe('Failures that must be known before it works.'),
  }),
  create({ metaPrompt, options }) {
    const { failures: needed = 25 } = options as Record<string, number>
    return {
      calls: (count) => 1 + Math.min(MOST_CAUSES, count) * Math.ceil(count / MOST_CAUSES / AT_ONCE),
      async propose(request) {
        const { task, pool, random, count } = request
        const parent = parentAt(request, 0)
        const wrong = failuresOf(parent, pool, random).slice(0, needed)
        if (wrong.length < needed) return []
        const prompt = instructionOf(parent, task)
        const said = await request.ask?.({
          prompt: fillMetaPrompt(metaPrompt, {
            task: describeTask(task),
            prompt,
            failures: wrong.map((outcome) => clip(describeOutcome(outcome, task), 400)).join('\n\n'),
            count: String(MOST_CAUSES),
          }),
          temperature: 0.3,
          maxOutputTokens: 250,
        })
        const causes = (said ?? '')
          .split('\n')
          .map((line) => line.replace(/^\s*(\d+[.)]|[-*•])\s*/, '').trim())
          .filter((line) => line.length > 10 && !line.endsWith(':'))
          .slice(0, Math.min(MOST_CAUSES, count))
        const drafts: Draft[] = []
        for (const [index, cause] of causes.entries()) {
          const share = Math.floor(count / causes.length) + (index < count % causes.length ? 1 : 0)
          drafts.push(
            ...(await writeDrafts(request, {
              proposer: 'root-cause',
              metaPrompt: builtInMetaPrompt('fix'),
              values: { prompt, critiques: clip(cause, 300) },
              parent,
              count: Math.min(AT_ONCE, share),
              hypothesis: clip(cause, 300),
              shows: wrong.map(({ example }) => example),
            })),
          )
        }
        return drafts
      },
    }
  },
}
