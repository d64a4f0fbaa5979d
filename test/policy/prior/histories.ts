import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/random.ts'
import { logistic } from '../../../src/numerics/special/logistic.ts'
import type { TaskHistory } from '../../../src/policy/prior/learn-prior.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'

/** Prompts of different lengths: one to eight sentences. */
export function promptsOfLengths(size: number, seed: number): PoolEntry[] {
  const random = createRandom(seed)
  const words = [
    'label',
    'read',
    'sort',
    'choose',
    'folder',
    'ticket',
    'answer',
    'mail',
    'name',
    'first',
    'keep',
    'note',
  ]
  return Array.from({ length: size }, (_, i) => ({
    candidate: {
      id: `p${i}`,
      text: Array.from({ length: 1 + (i % 8) }, () =>
        Array.from({ length: 6 }, () => words[Math.floor(random.uniform() * words.length)]).join(' '),
      ).join('. '),
    },
  }))
}

export const lengthOf = ({ candidate }: PoolEntry) => candidate.text!.split('. ').length

/**
 * A history of right and wrong outcomes.
 *
 * @param slope Logits per sentence: longer prompts are better where it is positive.
 */
export function history(task: string, seed: number, slope: number, size = 40, examples = 30): TaskHistory {
  const pool = promptsOfLengths(size, seed)
  const random = createRandom(seed + 1000)
  const observations = createObservationLog()
  pool.forEach((entry, candidate) => {
    const ability = slope * (lengthOf(entry) - 4.5) + 0.5 * random.normal()
    for (let example = 0; example < examples; example++) {
      observations.append({ candidate, example, repeat: 0, score: random.uniform() < logistic(ability) ? 1 : 0 })
    }
  })
  return { task, name: task, pool, observations, exampleCount: examples }
}
