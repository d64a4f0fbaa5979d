/**
 * Two calls: name the thing, then decide on the department from the name alone.
 *
 * @module
 */
import type { Program } from '../../../src/evaluation/user-code/program.ts'

const DEPARTMENTS = /\b(garden|kitchen|toys|tools|clothes|books)\b/

/** Scores 1 when the first department that the second answer mentions is the expected one, else 0. */
export const evaluate: Program = async (candidate, example, context) => {
  const { extract = '', decide = '' } = candidate.slots
  const thing = await context.generate({
    prompt: `${extract}\nCustomer: ${String(example.input)}\nThing:`,
    maxOutputTokens: 6,
  })
  const answer = await context.generate({
    prompt: `${decide}\nThing: ${thing.trim()}\nDepartment:`,
    maxOutputTokens: 3,
  })
  const department = DEPARTMENTS.exec(answer.toLowerCase())?.[1]
  return { score: department === example.expected ? 1 : 0, output: `${thing.trim()} => ${answer.trim()}` }
}
