import { InvalidInputError, KrigeError } from '../errors.ts'
import { createProposer, type ProposerSpecification } from '../proposer/registry.ts'
import type { CheckedTaskInput } from './schema.ts'
import { readTextFile } from './source.ts'
import type { Task } from './task.ts'

/**
 * Checks who is to write prompts. Where nothing is said, a task with a pool searches that pool, and one with a baseline
 * alone has prompts written.
 *
 * @param pathOf Absolute path of a meta-prompt.
 * @throws InvalidInputError for an unknown proposer or setting, or a meta-prompt that cannot be used.
 */
export function readProposers(
  { proposers, prompts }: CheckedTaskInput,
  pathOf: (path: string) => string,
  locate: (path: readonly PropertyKey[]) => string,
): Task['proposers'] {
  if (proposers === undefined) return prompts === undefined ? 'auto' : 'none'
  if (typeof proposers === 'string') return proposers
  return proposers.map((written, index): ProposerSpecification => {
    const where = locate(['proposers', index])
    const specification = (
      typeof written === 'object' && written.metaPrompt !== undefined
        ? { ...written, metaPrompt: pathOf(written.metaPrompt) }
        : written
    ) as ProposerSpecification
    try {
      createProposer(specification, (file) => readTextFile(file, 'meta-prompt', where))
    } catch (error) {
      if (!KrigeError.isInstance(error)) throw error
      const remedy = error.remedy === undefined ? {} : { remedy: error.remedy }
      throw new InvalidInputError(error.message, { where, ...remedy })
    }
    return specification
  })
}
