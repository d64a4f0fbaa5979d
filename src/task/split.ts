import { createHash } from 'node:crypto'
import { InvalidInputError } from '../errors.ts'

/** Below this, examples are scarcer for the verdict than for the search. */
const FEW_EXAMPLES = 150

export interface Split {
  /** Indices of examples, in the order of their hashes: a random order that does not depend on the file's. */
  readonly search: readonly number[]
  readonly holdout: readonly number[]
  readonly seed: number
}

export interface SplitInput {
  readonly search?: number | undefined
  readonly holdout?: number | undefined
  readonly seed?: number | undefined
}

/**
 * Splits examples by a hash of seed and id: the same on every machine, and hardly changed by adding examples.
 *
 * @param input - shares up to 1, or counts; each defaults to what the other leaves. Where neither is written, halves.
 * Below 150 examples one third is to search and two are to hold out: the holdout then limits what can be told apart.
 * @throws InvalidInputError when more is asked for than there is, or nothing is left to search with.
 * @example
 * splitExamples(['a', 'b', 'c', 'd'], { search: 0.5, holdout: 0.5, seed: 1 }, 'task.yaml:3').search.length // 2
 */
export function splitExamples(ids: readonly string[], input: SplitInput, where: string): Split {
  const seed = input.seed ?? 1
  const total = ids.length
  const counts = { search: toCount(input.search, total), holdout: toCount(input.holdout, total) }
  if ((input.search ?? 0) <= 1 && (input.holdout ?? 0) <= 1 && (input.search ?? 0) + (input.holdout ?? 0) > 1 + 1e-9) {
    throw new InvalidInputError(
      `split shares add up to ${(input.search ?? 0) + (input.holdout ?? 0)}; expected at most 1`,
      {
        where,
        remedy: 'Write shares such as { search: 0.5, holdout: 0.5 }.',
      },
    )
  }
  const share = total < FEW_EXAMPLES ? 1 / 3 : 1 / 2
  const search = counts.search ?? (counts.holdout === undefined ? Math.ceil(share * total) : total - counts.holdout)
  // Two halves of an odd number round to one more than there is: searching gets it.
  const holdout = Math.min(
    counts.holdout ?? total - search,
    input.holdout !== undefined && input.holdout > 1 ? total : total - search,
  )
  if (search + holdout > total) {
    throw new InvalidInputError(`split asks for ${search} + ${holdout} examples; there are ${total}`, {
      where,
      remedy: 'Ask for fewer, or add examples.',
    })
  }
  if (search < 1) {
    throw new InvalidInputError('split leaves no example to search with', {
      where,
      remedy: 'Give search a larger share.',
    })
  }
  const order = ids
    .map((id, index) => ({ index, key: createHash('sha256').update(`${seed}\n${id}`).digest('hex') }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index))
    .map((entry) => entry.index)
  return { search: order.slice(0, search), holdout: order.slice(search, search + holdout), seed }
}

function toCount(written: number | undefined, total: number): number | undefined {
  if (written === undefined) return undefined
  return written <= 1 ? Math.round(written * total) : Math.round(written)
}
