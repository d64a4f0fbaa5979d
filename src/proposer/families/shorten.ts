import type { ProposerDefinition } from '../definition.ts'
import { joinPrompt, splitPrompt } from '../demonstration-block.ts'
import { instructionOf } from '../describe.ts'
import type { Draft, Member, ProposalRequest } from '../proposer.ts'
import { parentAt, shuffled } from '../selection.ts'
import { sentencesOf } from '../sentences.ts'
import { slotsOf } from '../task-view.ts'
import { inBatches, writeDrafts } from '../write-drafts.ts'

const AT_ONCE = 2

/** Says the same in fewer tokens: by deleting sentences, and by rewriting where there is a generator. */
export const shorten: ProposerDefinition = {
  name: 'shorten',
  summary: 'says the same in fewer tokens',
  needsGenerator: false,
  metaPrompt: 'shorten',
  create: ({ metaPrompt }) => ({
    calls: (count) => Math.ceil(Math.ceil(count / 2) / AT_ONCE),
    async propose(request) {
      const cut: Draft[] = []
      const toWrite = request.ask ? Math.ceil(request.count / 2) : 0
      for (let turn = 0; cut.length < request.count - toWrite && turn < 3 * request.count; turn++) {
        const draft = withoutSentences(parentAt(request, turn), request)
        if (draft) cut.push(draft)
      }
      const written = await inBatches(toWrite, AT_ONCE, async (count, turn) => {
        const parent = parentAt(request, turn)
        const prompt = instructionOf(parent, request.task)
        const drafts = await writeDrafts(request, {
          proposer: 'shorten',
          metaPrompt,
          values: { prompt },
          parent,
          count,
        })
        const length = (slots: Draft['slots']) => Object.values(slots).join('').length
        const before = length(slotsOf(parent.candidate, request.task))
        return drafts.filter(({ slots }) => length(slots) < before)
      })
      return [...cut, ...written]
    },
  }),
}

/** A third of the sentences, or the demonstrations, go. */
function withoutSentences(parent: Member, { task, random }: ProposalRequest): Draft | undefined {
  const slots = slotsOf(parent.candidate, task)
  const { instruction, demonstrations } = splitPrompt(slots, task)
  const sentences = sentencesOf(instruction)
  const dropsDemonstrations = demonstrations !== '' && (sentences.length < 2 || random.uniform() < 0.3)
  if (!dropsDemonstrations && sentences.length < 2) return undefined
  const gone = new Set(shuffled([...sentences.keys()], random).slice(0, Math.ceil(sentences.length / 3)))
  const kept = sentences
    .filter((_, index) => !gone.has(index))
    .join('')
    .trim()
  return {
    slots: joinPrompt(slots, dropsDemonstrations ? { demonstrations: '' } : { instruction: kept }, task),
    parents: [parent.index],
    proposer: 'shorten',
    hypothesis: dropsDemonstrations ? 'it needs no demonstrations' : 'it needs fewer sentences',
  }
}
