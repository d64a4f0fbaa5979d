import { describe, expect, it } from 'vitest'
import type { Draft, ProposalRequest, Proposer } from '../../src/proposer/proposer.ts'
import { slotsOf } from '../../src/proposer/task-view.ts'
import { type OptimizeOptions, optimize } from '../../src/run/optimize.ts'

const examples = Array.from({ length: 24 }, (_, index) => ({ input: `Ticket ${index}`, expected: index % 2 === 0 }))
type Example = (typeof examples)[number]
const evaluate = (prompt: string, { expected }: Example) => expected || prompt.startsWith('Please')
const own = (propose: Proposer['propose']): Proposer => ({
  name: 'own',
  needsGenerator: false,
  calls: () => 0,
  propose,
})
const search = (proposers: OptimizeOptions<Example>['proposers'], more: Partial<OptimizeOptions<Example>> = {}) =>
  optimize({
    prompt: 'Classify.',
    examples,
    evaluate,
    budget: { evaluations: 80 },
    ...(proposers ? { proposers } : {}),
    ...more,
  })

const politely = own(async ({ parents, task, count }) =>
  parents.slice(0, count).flatMap(({ index, candidate }): Draft[] => {
    const slots = slotsOf(candidate, task)
    const text = slots[task.mainSlot]!
    if (text.startsWith('Please')) return []
    return [{ slots: { ...slots, [task.mainSlot]: `Please: ${text}` }, parents: [index], proposer: 'own' }]
  }),
)

describe('a proposer of one’s own', () => {
  it('is handed to optimize, alone or beside others', async () => {
    for (const proposers of [[politely], ['demonstrations', politely]]) {
      const { winner } = await search(proposers)
      expect(winner.text).toMatch(/^Please: Classify\./)
    }
  })

  const draft = { slots: { prompt: 'Say it.' }, parents: [0], proposer: 'own' }
  it.each<readonly [string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('boom')
      },
      'boom',
    ],
    ['gives nothing', () => undefined, 'drafts is missing'],
    ['gives texts', () => ['Say it.'], 'drafts[0] is "Say it."'],
    [
      'gives another slot',
      () => [{ ...draft, slots: { instruction: 'x' } }],
      'unknown key drafts[0].slots.instruction. Known keys: prompt.',
    ],
    ['gives a number', () => [{ ...draft, slots: { prompt: 3 } }], 'drafts[0].slots.prompt is 3; expected a text'],
    [
      'names a parent that is none',
      () => [{ ...draft, parents: [7] }],
      'drafts[0].parents[0] is 7; expected the position of a prompt of the pool',
    ],
    ['gives parameters that are none', () => [{ ...draft, parameters: 'x' }], 'drafts[0].parameters is "x"'],
  ])('that %s costs its drafts, and the search says why', async (_, propose, message) => {
    const broken = own(async () => propose() as Draft[])
    const alone = await search([broken])
    expect(alone.winner.text).toBe('Classify.')
    expect(alone.warnings.join('\n')).toContain(`proposer own failed: ${message}`)
    const beside = await search([broken, { ...politely, name: 'polite' }])
    expect(beside.winner.text).toMatch(/^Please/)
    expect(beside.warnings.join('\n')).toMatch(/requests for prompts failed, the last with: proposer own failed/)
  })

  it('that never answers ends with the search, and hears of its end', async () => {
    const controller = new AbortController()
    let heard: ProposalRequest['signal']
    const endless = own(({ signal }) => {
      heard = signal
      setTimeout(() => controller.abort(), 10)
      return new Promise(() => {})
    })
    await expect(search([endless], { signal: controller.signal })).rejects.toThrow('interrupted')
    expect(heard?.aborted).toBe(true)
  })

  it('is refused where it is no proposer', async () => {
    await expect(search([{ propose: async () => [] } as never])).rejects.toThrow('proposer.name is missing')
  })
})

describe('what optimize is told of writing', () => {
  it('is refused where nobody could write', async () => {
    await expect(search(['reflect'])).rejects.toThrow('generate is missing, and every proposer that is named needs it')
  })

  it('is refused where two prompts are to be beaten', async () => {
    await expect(search(undefined, { baseline: 'Sort.' })).rejects.toThrow('prompt and baseline differ')
  })

  it('is a warning where generate is never asked', async () => {
    const { warnings } = await search(undefined, { prompts: ['Please sort.'], generate: () => '' })
    expect(warnings.join('\n')).toContain('generate is not asked')
  })
})
