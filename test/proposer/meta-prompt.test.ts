import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { builtInMetaPrompt, fillMetaPrompt, parseMetaPrompt } from '../../src/proposer/meta-prompt.ts'
import { generateMetaPrompts } from '../../src/proposer/meta-prompts/build.ts'
import { META_PROMPTS } from '../../src/proposer/meta-prompts/meta-prompts.generated.ts'
import { createProposer } from '../../src/proposer/registry.ts'
import { proposerConformance } from '../../src/testing/proposer-conformance.ts'

describe('meta-prompts', () => {
  it('are generated from the files: npm run build:meta-prompts', () => {
    const file = new URL('../../src/proposer/meta-prompts/meta-prompts.generated.ts', import.meta.url)
    expect(readFileSync(file, 'utf8')).toBe(generateMetaPrompts())
  })

  it.each(Object.keys(META_PROMPTS))('%s names its source, version and what it works on', (name) => {
    expect(META_PROMPTS[name]).toMatch(/^---\nversion: \d+\nsource: \S/)
    const { id, template } = builtInMetaPrompt(name)
    expect(id).toMatch(/@\d+$/)
    expect(template.variables).toContain('task')
    const filled = fillMetaPrompt({ id, template }, { task: 'TASK', prompt: '{{braces}} stay' })
    expect(filled).toContain('TASK')
    expect(filled).not.toMatch(/\n{3,}/)
  })

  it('can be replaced by the user’s own', async () => {
    const asked: string[] = []
    const own = createProposer({ name: 'mutate', metaPrompt: './mine.md' }, () => 'MINE {{prompt}} {{count}}')
    for (const { run } of proposerConformance(() => own)) await run()
    const like = builtInMetaPrompt('mutate')
    expect(parseMetaPrompt('./mine.md', '---\nversion: 7\n---\n{{prompt}}', like).id).toBe('./mine.md@7')
    expect(() => parseMetaPrompt('a', 'no names', like)).toThrow(/shows nothing/)
    expect(asked).toEqual([])
  })
})
