import type { ProposerDefinition } from '../definition.ts'
import { joinPrompt, splitPrompt } from '../demonstration-block.ts'
import type { Draft, Member } from '../proposer.ts'
import { drawMembers, parentAt } from '../selection.ts'
import { slotsOf, type TaskView } from '../task-view.ts'

/** Puts slots of good prompts together anew: the best part of each place may never have stood together. */
export const recombine: ProposerDefinition = {
  name: 'recombine',
  summary: 'puts instruction, demonstrations and other slots of good prompts together anew',
  needsGenerator: false,
  create: () => ({
    calls: () => 0,
    async propose(request) {
      const { task, pool, random, count } = request
      const known = new Set(pool.map(({ candidate }) => JSON.stringify(slotsOf(candidate, task))))
      const drafts: Draft[] = []
      for (let turn = 0; turn < 6 * count && drafts.length < count; turn++) {
        const parent = parentAt(request, turn)
        const [other] = drawMembers(pool, 1, random, [parent.index])
        if (!other) return []
        const slots = mix(parent, other, task, () => random.uniform() < 0.5)
        const key = JSON.stringify(slots)
        if (known.has(key)) continue
        known.add(key)
        drafts.push({
          slots,
          parents: [parent.index, other.index],
          proposer: 'recombine',
          hypothesis: 'the best parts of two prompts go together',
        })
      }
      return drafts
    },
  }),
}

function mix(parent: Member, other: Member, task: TaskView, fromOther: () => boolean): Record<string, string> {
  const mine = slotsOf(parent.candidate, task)
  const theirs = slotsOf(other.candidate, task)
  const further = task.slots.filter((name) => name !== task.mainSlot && name !== task.demonstrationSlot)
  const slots = { ...mine }
  for (const name of further) if (fromOther()) slots[name] = theirs[name] ?? ''
  const parts = splitPrompt(theirs, task)
  return joinPrompt(
    slots,
    fromOther() ? { instruction: parts.instruction } : { demonstrations: parts.demonstrations },
    task,
  )
}
