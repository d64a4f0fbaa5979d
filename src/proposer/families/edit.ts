import type { Random } from '../../numerics/random/random.ts'
import { HEADING, splitTurns, writeTurns } from '../../prompt/turns.ts'
import type { ProposerDefinition } from '../definition.ts'
import { joinPrompt, splitPrompt } from '../demonstration-block.ts'
import type { Draft } from '../proposer.ts'
import { parentAt } from '../selection.ts'
import { sentencesOf } from '../sentences.ts'
import { slotsOf } from '../task-view.ts'

/** Takes sentences and demonstrations away or moves them: the edits of GrIPS, Prasad et al., arXiv 2203.07281. */
export const edit: ProposerDefinition = {
  name: 'edit',
  summary: 'deletes, swaps and moves sentences and demonstrations (GrIPS)',
  needsGenerator: false,
  create: () => ({
    calls: () => 0,
    async propose(request) {
      const { task, random, count } = request
      const drafts: Draft[] = []
      for (let turn = 0; turn < 4 * count && drafts.length < count; turn++) {
        const parent = parentAt(request, turn)
        const slots = slotsOf(parent.candidate, task)
        const parts = splitPrompt(slots, task)
        const inDemonstrations = parts.demonstrations !== '' && random.uniform() < 0.5
        const { text: lead, turns } = splitTurns(inDemonstrations ? parts.demonstrations : '')
        const heading = turns.length > 0 ? `${lead}${lead === '' ? '' : '\n\n'}${HEADING}` : ''
        const pieces = inDemonstrations ? demonstrationsOf(parts.demonstrations) : sentencesOf(parts.instruction)
        const edited = change(pieces, random)
        if (!edited) continue
        const text = `${heading}${edited.pieces.join('').trim()}`
        drafts.push({
          slots: joinPrompt(slots, inDemonstrations ? { demonstrations: text } : { instruction: text }, task),
          parents: [parent.index],
          proposer: 'edit',
          hypothesis: `${edited.what} ${inDemonstrations ? 'a demonstration' : 'a sentence'}`,
        })
      }
      return drafts
    },
  }),
}

/** Demonstrations with the gap behind each, without a heading. */
function demonstrationsOf(text: string): string[] {
  const { turns } = splitTurns(text)
  if (turns.length > 0) return turns.map((turn) => `${writeTurns([turn])!.slice(HEADING.length)}\n`)
  const gap = text.includes('\n\n') ? '\n\n' : '\n'
  const lines = text.split(gap)
  if (gap === '\n\n') return lines.map((block) => `${block}\n\n`)
  // One demonstration goes from a line to the next that starts the same.
  const head = lines[0]!.split(':')[0]!
  const groups: string[] = []
  for (const line of lines) {
    if (line.startsWith(`${head}:`) || groups.length === 0) groups.push(`${line}\n`)
    else groups[groups.length - 1] += `${line}\n`
  }
  return groups
}

function change(pieces: readonly string[], random: Random): { pieces: string[]; what: string } | undefined {
  if (pieces.length < 2) return undefined
  const at = random.integer(pieces.length)
  const other = (at + 1 + random.integer(pieces.length - 1)) % pieces.length
  const ended = pieces.map((piece, index) => (index === pieces.length - 1 && !/\s$/.test(piece) ? `${piece} ` : piece))
  switch (random.integer(3)) {
    case 0:
      return { pieces: ended.toSpliced(at, 1), what: 'without' }
    case 1:
      return { pieces: ended.with(at, ended[other]!).with(other, ended[at]!), what: 'swaps' }
    default: {
      const rest = ended.toSpliced(at, 1)
      return { pieces: random.uniform() < 0.5 ? [ended[at]!, ...rest] : [...rest, ended[at]!], what: 'moves' }
    }
  }
}
