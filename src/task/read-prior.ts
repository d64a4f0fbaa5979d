import { InvalidInputError } from '../errors.ts'
import { readBounded } from '../evaluation/bounded-file.ts'
import { type LearnedPrior, parsePrior } from '../policy/prior/learned-prior.ts'
import { showPath } from './source.ts'

/** MiB: a prior holds some hundred numbers. */
const MOST = 4

/**
 * Reads the file that `krige learn` wrote.
 *
 * @throws InvalidInputError when there is none, or it is no prior of this version.
 * @example
 * readPriorFile('prior.json').tasks.length // 1
 */
export function readPriorFile(file: string): LearnedPrior {
  let document: unknown
  try {
    document = JSON.parse(readBounded(file, MOST).toString('utf8'))
  } catch (cause) {
    if (InvalidInputError.isInstance(cause)) throw cause
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new InvalidInputError(
      isMissing ? `there is no prior ${showPath(file)}` : `${showPath(file)} is no prior: ${(cause as Error).message}`,
      { remedy: 'Write one: krige learn STUDY… --out prior.json', cause },
    )
  }
  return parsePrior(document, showPath(file))
}
