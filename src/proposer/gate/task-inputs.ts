/**
 * Finds drafts that are one more input of the task. Small generators write these where an instruction is wanted: for "Solve the
 * problem.", the 1.5B model wrote "How much is the sum of 5 and 3 dollars?".
 *
 * @module
 */
import { dot } from '../../numerics/vector.ts'
import { showValue } from '../../prompt/template.ts'
import { clip } from '../clip.ts'
import type { TaskView } from '../task-view.ts'

/** So close to an input, and closer by so much than to what says what the task is. */
const CLOSE = 0.55
const CLOSER = 0.1
/** Inputs that are looked at, and characters of each. */
const MOST_INPUTS = 60
const LONGEST = 600

/**
 * @param given Unit vectors of the prompts that people gave.
 * @returns Whether the text behind a unit vector is an input.
 * @example
 * const embed = async (texts: readonly string[]) => texts.map((text) => Float64Array.of(text.endsWith('?') ? 1 : 0, 0))
 * const isInput = await createInputDetector(view, [], embed)
 * isInput(Float64Array.of(0, 1)) // false
 */
export async function createInputDetector(
  { examples, description }: Pick<TaskView, 'examples' | 'description'>,
  given: readonly Float64Array[],
  embed: (texts: readonly string[]) => Promise<readonly Float64Array[]>,
): Promise<(vector: Float64Array) => boolean> {
  const inputs = examples.slice(0, MOST_INPUTS).map(({ input }) => clip(showValue(input), LONGEST) || ' ')
  const about = description === undefined ? [] : [description]
  const vectors = await embed([...inputs, ...about])
  const questions = vectors.slice(0, inputs.length)
  const instructions = [...vectors.slice(inputs.length), ...given]
  const nearest = (vector: Float64Array, others: readonly Float64Array[]) =>
    others.reduce((most, other) => Math.max(most, dot(vector, other)), -1)
  return (vector) => {
    const closeness = nearest(vector, questions)
    return closeness >= CLOSE && closeness >= nearest(vector, instructions) + CLOSER
  }
}
