import { InvalidInputError } from '../errors.ts'
import type { Candidate } from '../prompt/candidate.ts'
import { decidingParameters, programSlots, type StagedProgram } from '../prompt/staged-program.ts'
import { isActive, type Space } from '../space/parameter.ts'

/**
 * Holds prompts to the slots of a program, and puts these into the program's order. A text fills the slot of a program that
 * has one.
 *
 * @throws InvalidInputError for a slot too many or too few, and for a parameter that decides the order and has no value.
 */
export function readProgramPool(
  program: StagedProgram,
  pool: readonly Candidate[],
  space: Space,
  where: string,
): Candidate[] {
  const slots = programSlots(program)
  const example = `{"slots": {${slots.map((slot) => `"${slot}": "…"`).join(', ')}}}`
  const deciding = decidingParameters(program)
  return pool.map((candidate): Candidate => {
    const { id, text, ...rest } = candidate
    const given = candidate.slots ?? (slots.length === 1 ? { [slots[0]!]: text ?? '' } : undefined)
    if (!given) {
      throw new InvalidInputError(`prompt ${id} is one text, and the stages have ${slots.length} slots`, {
        where,
        remedy: `Write ${example}`,
      })
    }
    const odd = Object.keys(given).find((slot) => !slots.includes(slot))
    const lacking = slots.find((slot) => given[slot] === undefined)
    if (odd !== undefined || lacking !== undefined) {
      const problem = odd === undefined ? `lacks the slot ${lacking}` : `has a slot ${odd}, which no stage has`
      throw new InvalidInputError(`prompt ${id} ${problem}`, { where, remedy: `Write ${example}` })
    }
    const { parameters = {} } = candidate
    const unset = deciding.find((name) => parameters[name] === undefined && isActive(space[name]!, parameters))
    if (unset !== undefined) {
      throw new InvalidInputError(`prompt ${id} states no value of ${unset}, which decides on the stages that run`, {
        where,
        remedy: `Add one: "parameters": {"${unset}": …}`,
      })
    }
    return { id, ...rest, slots: Object.fromEntries(slots.map((slot) => [slot, given[slot]!])) }
  })
}
