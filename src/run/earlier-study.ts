import { InvalidInputError } from '../errors.ts'
import type { ObservationHistory } from '../history/observation-log.ts'
import type { PriorHistory } from '../policy/policy.ts'
import { type Candidate, candidateText } from '../prompt/candidate.ts'
import { loadStudy } from '../store/load-study.ts'
import type { Store } from '../store/store.ts'
import { isHidden } from './hide-texts.ts'

/** An earlier study or table to start warm from; its prompts are embedded by the run. */
export interface EarlierStudy {
  readonly name: string
  readonly candidates: readonly Candidate[]
  readonly observations: ObservationHistory
  readonly exampleCount: number
}

/**
 * Reads an earlier study to start warm from.
 *
 * @throws InvalidInputError when there is no such study, nothing in it, or no text of its prompts.
 * @example
 * await readEarlierStudy(store, 'tickets') // { name: 'tickets', exampleCount: 20, … }
 */
export async function readEarlierStudy(store: Store, name: string): Promise<EarlierStudy> {
  const fold = await loadStudy(store, name)
  if (!fold)
    throw new InvalidInputError(`study ${JSON.stringify(name)} is empty; nothing can be learned from it`, {
      remedy: 'Name a study that has results: krige studies lists them.',
    })
  const { candidates, observations, config } = fold.state
  // A hash in place of a text looks like any other text to a surrogate.
  if (candidates.some(isHidden))
    throw new InvalidInputError(
      `study ${JSON.stringify(name)} keeps no texts; nothing can be learned from its prompts`,
      {
        remedy: 'Leave it out, or run it again without --no-store-text.',
      },
    )
  return { name, candidates, observations, exampleCount: config.exampleCount }
}

/** What a policy sees of them. */
export function priorHistories(
  studies: readonly EarlierStudy[],
  embeddings: ReadonlyMap<string, Float64Array>,
): PriorHistory[] {
  return studies.map(({ name, candidates, observations, exampleCount }) => ({
    name,
    observations,
    exampleCount,
    pool: candidates.map((candidate) => {
      const embedding = embeddings.get(candidateText(candidate))
      return embedding ? { candidate, embedding } : { candidate }
    }),
  }))
}
