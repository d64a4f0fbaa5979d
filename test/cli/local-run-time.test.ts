import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { localRunTime } from '../../src/cli/local-run-time.ts'
import { planText } from '../../src/cli/run-text.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-time-'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'tiny.gguf'), new Uint8Array(7800))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the time of a local run', () => {
  it('follows from the size of the file, the tokens and the threads', () => {
    const seconds = localRunTime({ model: 'gguf:./tiny.gguf', folder }, { inputTokens: 1e6, outputTokens: 1e5 }, 2)
    expect(seconds).toBeCloseTo(((1e5 + 1e6 / 10) * 7800) / 7.8e9 / 2, 12)
  })

  it('is not told for models elsewhere or not here yet, and for programs', () => {
    const cost = { inputTokens: 1000, outputTokens: 1000 }
    expect(localRunTime({ model: 'openai:gpt-5-mini', folder }, cost)).toBeUndefined()
    expect(localRunTime({ folder }, cost)).toBeUndefined()
    expect(localRunTime({ model: 'gguf:./not-here.gguf', folder }, cost)).toBeUndefined()
  })

  it('stands in the plan before a run', () => {
    const cost = { evaluations: 10, calls: 10, inputTokens: 1, outputTokens: 1 }
    const plan = {
      ...{ prompts: 2, searchExamples: 5, searchEvaluations: 10, holdoutExamples: 0, holdoutEvaluations: 0 },
      ...{ callsPerEvaluation: 1, budget: { evaluations: 10 }, cost, exhaustive: cost, warnings: [] },
    }
    expect(planText(plan, 7300)).toContain('Time: some 2 h 1 min on this machine')
    expect(planText(plan)).not.toContain('Time:')
  })
})
