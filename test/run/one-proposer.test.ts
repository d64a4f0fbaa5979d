import { describe, expect, it } from 'vitest'
import { readOrigin } from '../../src/prompt/candidate.ts'
import { createProposer, PROPOSERS } from '../../src/proposer/registry.ts'
import { optimize } from '../../src/run/optimize.ts'
import { loadStudy } from '../../src/store/load-study.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'

const examples = Array.from({ length: 40 }, (_, index) => ({ input: `case ${index}`, expected: `${index % 2}` }))
/** Right on what a prompt's letters say, so that prompts fail on different examples, and none at first. */
const evaluate = (prompt: string, { input, expected }: { input: string; expected: string }) => {
  const score = prompt.startsWith('Plain') ? 0 : (prompt.length * 7 + input.length * 3 + Number(expected)) % 3 === 0
  return { score: Number(score), output: score ? expected : 'neither', feedback: `expected ${expected}` }
}
const words = ['odd', 'even', 'parity', 'number', 'remainder', 'half', 'pair', 'digit', 'count', 'whole', 'last', 'two']

/** Who wrote what was measured, by proposer. */
async function writersOf(proposer: string, calls: number): Promise<Record<string, number>> {
  let turn = 0
  const generate = () => {
    const write = () => {
      turn++
      const said = Array.from(
        { length: 6 },
        (_, index) => words[(turn * (index + 1) * 5 + index * turn) % words.length],
      )
      return `<idea>It helps to say ${said[0]}.</idea>\n<prompt>Say what it is, ${turn}: ${said.join(' ')}.</prompt>`
    }
    return `${write()}\n${write()}`
  }
  const store = createMemoryStore()
  const budget = { calls }
  await optimize({ prompt: 'Plain.', examples, evaluate, generate, budget, proposers: [proposer], store, study: 's' })
  const { state } = (await loadStudy(store, 's'))!
  const counts: Record<string, number> = {}
  for (const { origin } of state.candidates) {
    const { by, name } = readOrigin(origin ?? 'pool')
    if (by === 'proposer') counts[name!] = (counts[name!] ?? 0) + 1
  }
  return counts
}

describe('from one prompt', () => {
  it.each(PROPOSERS.filter((name) => createProposer(name).needsGenerator && name !== 'shorten'))(
    '%s goes on alone, after paraphrases where it needs more than one',
    async (name) => {
      const { [name]: own = 0, paraphrase = 0, ...others } = await writersOf(name, 300)
      expect(others).toEqual({})
      // It takes two prompts that are right on different examples, or 25 wrong answers to one.
      if (['contrast', 'root-cause'].includes(name)) expect(own + paraphrase).toBeGreaterThan(3)
      else expect(own).toBeGreaterThan(0)
      if (['crossover', 'differential', 'merge', 'contrast', 'revolve'].includes(name))
        expect(paraphrase).toBeGreaterThan(0)
    },
  )

  it.each(['recombine', 'edit', 'parameters'])('%s says that there is nothing to work with', async (name) => {
    const { warnings } = await optimize({
      prompt: 'Plain.',
      examples,
      evaluate,
      budget: { calls: 100 },
      proposers: [name],
    })
    expect(warnings).toContain(
      'The proposers found nothing in the prompt to work with, and asked no generator. Name others, or leave proposers out.',
    )
  })
})
