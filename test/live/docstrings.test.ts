import { describe, expect, it } from 'vitest'
import { docstringExamples } from '../support/docstring-examples.ts'
import { localModels } from '../support/local-models.ts'
import { needsModel, runExample } from '../support/run-example.ts'

const { problem } = await localModels()
const examples = docstringExamples().filter(needsModel)

describe.runIf(problem === undefined)('examples that need a model', () => {
  it.each(examples)('$file: $code', async (example) => {
    expect(await runExample(example)).toBeGreaterThan(0)
  })
})
