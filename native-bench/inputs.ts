/**
 * The same inputs for everybody: points, targets and candidates in files of raw float64.
 *
 * @module
 */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandom } from '../src/numerics/random/index.ts'
import { CANDIDATES } from './works.ts'

/** Most observations of any work, and one more to append. */
export const MOST_POINTS = 4001

/**
 * Writes `points-16.f64`, `points-384.f64` (rows of that many uniform coordinates), `candidates-384.f64`, `targets.f64`.
 *
 * @returns the folder
 */
export async function writeInputs(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'krige-native-bench-'))
  const random = createRandom('native-bench')
  const uniform = (count: number) => Float64Array.from({ length: count }, () => random.uniform())
  const write = (name: string, values: Float64Array) => writeFile(join(folder, name), values)
  await write('points-16.f64', uniform(MOST_POINTS * 16))
  await write('points-384.f64', uniform(1001 * 384))
  await write('candidates-384.f64', uniform(CANDIDATES * 384))
  await write(
    'targets.f64',
    Float64Array.from({ length: MOST_POINTS }, () => random.normal()),
  )
  return folder
}
