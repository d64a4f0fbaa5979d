import { describe, expect, it } from 'vitest'
import { createPortfolio, createPortfolios, createProposer, PROPOSERS } from '../../src/proposer/registry.ts'
import { proposerConformance } from '../../src/testing/proposer-conformance.ts'

describe.each(PROPOSERS)('proposer %s', (name) => {
  for (const check of proposerConformance(() =>
    createProposer(name === 'root-cause' ? { name, failures: 10 } : name),
  )) {
    it(check.name, check.run)
  }
})

describe.each(['auto-free', 'auto-written'])('portfolio %s', (name) => {
  const create = () => createPortfolios().find((portfolio) => portfolio.name === name)!
  for (const check of proposerConformance(create)) it(check.name, check.run)
})

describe('portfolio', () => {
  for (const { name, run } of proposerConformance(() => createPortfolio())) it(name, run)

  it('refuses what it does not know, by name', () => {
    expect(() => createProposer('reflekt')).toThrow(/no proposer "reflekt"/)
    expect(() => createProposer({ name: 'reflect', failure: 3 })).toThrow(/no setting failure/)
    expect(() => createProposer({ name: 'edit', metaPrompt: './a.md' }, () => 'x')).toThrow(/asks no generator/)
    expect(() => createProposer({ name: 'reflect', metaPrompt: './a.md' }, () => 'See {{nothing}}')).toThrow(
      /\{\{nothing\}\}/,
    )
  })
})
