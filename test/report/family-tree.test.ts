import { describe, expect, it } from 'vitest'
import type { PolicyFactory } from '../../src/policy/policy.ts'
import { familyTree } from '../../src/report/family-tree.ts'
import { toText } from '../../src/report/html.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { breadthFirst } from '../study/breadth-first.ts'

const asksOnce: PolicyFactory = (context) => ({
  ...breadthFirst(context),
  next: (state) =>
    state.generations!.length > 0
      ? breadthFirst(context).next(state)
      : { kind: 'act', action: { kind: 'generate', proposer: 'auto', parents: [0], count: 2 } },
})

describe('family tree', () => {
  it('is absent where nobody wrote prompts', () => {
    const study = createStudy({ pool: [{ id: 'a', text: 'A.' }], policy: breadthFirst, exampleCount: 2 })
    expect(familyTree(study.state)).toBeUndefined()
  })

  it('says who wrote what from whom and why, and shows what changed, harmlessly', () => {
    const pool = [{ id: 'baseline', text: 'Classify the ticket.' }]
    const study = createStudy({ pool, policy: asksOnce, exampleCount: 3, baseline: 'baseline' })
    const action = study.ask()
    const origin = { by: 'proposer', name: 'mutate', parents: [0], hypothesis: '<b>be exact</b>' } as const
    study.tellCandidates(action.id, [{ id: 'child', text: 'Classify every ticket.', shows: [1], origin }], {
      rejected: { duplicate: 2 },
    })
    study.observe({ candidate: 1, example: 0, score: 1 })
    const page = toText(familyTree(study.state)!)
    expect(page).toContain('3 drafts written, 2 rejected (2 duplicate), 1 measured')
    expect(page).toMatch(/<strong>baseline<\/strong>.*<ul><li><strong>child<\/strong>/s)
    expect(page).toContain('by mutate</span>: &lt;b&gt;be exact&lt;/b&gt;')
    expect(page).toContain('Classify <del>the</del><ins>every</ins> ticket.')
    expect(renderReport({ state: study.state })).toContain('<h2>Family tree</h2>')
  })
  it('draws the measured drafts, shows how the winner came about, and counts the others', async () => {
    const pool = [{ id: 'baseline', text: 'Classify the ticket.' }]
    const study = createStudy({ pool, policy: asksOnce, exampleCount: 3, baseline: 'baseline' })
    const action = study.ask()
    const origin = (parents: number[]) => ({ by: 'proposer', name: 'mutate', parents }) as const
    const added = study.tellCandidates(action.id, [
      { id: 'child', text: 'Classify every ticket.', origin: origin([0]) },
      { id: 'other', text: 'Name the folder.', origin: origin([0]) },
      { id: 'unseen', text: 'Say something.', origin: origin([0]) },
    ])
    for (const [candidate, score] of [
      [0, 0],
      [added[0]!, 1],
      [added[1]!, 0],
    ] as const) {
      for (const example of [0, 1, 2]) study.observe({ candidate, example, score })
    }
    const drawn = toText(familyTree(study.state)!)
    expect(drawn).toContain('Family tree of 3 prompts')
    expect(drawn.match(/<path d="M[^"]*C/g), 'a line from the baseline to each').toHaveLength(2)
    expect(drawn).toContain('and 1 draft not measured')
    expect(drawn).not.toContain('How the winner came about')
  })
})
