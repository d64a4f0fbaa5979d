/**
 * What a sampler of points does once a small space has no point left but the budget is not spent. It looks again where
 * that may change the choice, as long as looks differ.
 *
 * @module
 */
import { nothingLeft } from './nothing-left.ts'
import type { Decision, PolicyContext, PolicyFactory, PolicyState } from './policy.ts'

/** So many second looks that give what the first gave mean that there is no noise. */
const EQUAL_LOOKS = 3

/**
 * @param create Proposes each point of a space once.
 * @example
 * const policy = lookingAgain(createRandomPolicy)
 * const study = createStudy({ space: { x: { int: [0, 1] } }, policy, budget: { evaluations: 3 } })
 * study.ask() // { kind: 'evaluate', … }
 */
export function lookingAgain(create: PolicyFactory): PolicyFactory {
  return (context) => {
    const policy = create(context)
    if (Object.keys(context.space).length === 0 || !Number.isFinite(context.evaluationBudget)) return policy
    return {
      ...policy,
      next(state) {
        const decision = policy.next(state)
        const isOver = decision.kind !== 'act' && state.evaluationsLeft >= 1 && state.pool.every(isPoint)
        return isOver ? lookAgain(state, context) : decision
      },
    }
  }
}

function isPoint({ candidate }: PolicyState['pool'][number]): boolean {
  return candidate.text === undefined && candidate.slots === undefined
}

interface Looks {
  count: number
  sum: number
  squares: number
  /** The next repeat. */
  next: number
}

/** The largest upper confidence bound, with the spread that looks at one point have. */
function lookAgain(state: PolicyState, { exampleCount }: PolicyContext): Decision {
  const { observations, pending, evaluationsLeft } = state
  const looks = new Map<number, Looks>()
  const first = new Map<string, number>()
  let [equal, different] = [0, 0]
  for (let i = 0; i < observations.length; i++) {
    const score = observations.score(i)
    if (!Number.isFinite(score)) continue
    const candidate = observations.candidate(i)
    const known = looks.get(candidate) ?? { count: 0, sum: 0, squares: 0, next: 1 }
    looks.set(candidate, known)
    known.count++
    known.sum += score
    known.squares += score * score
    known.next = Math.max(known.next, observations.repeat(i) + 1)
    const cell = `${candidate} ${observations.example(i)}`
    const before = first.get(cell)
    if (before === undefined) first.set(cell, score)
    else if (before === score) equal++
    else different++
  }
  if (looks.size === 0) return nothingLeft(state, 'every point of the space has been tried')
  if (different === 0 && equal >= EQUAL_LOOKS) {
    return nothingLeft(state, 'every point of the space has been tried, and second looks gave the same')
  }
  for (const { candidate, repeat } of pending) {
    const known = looks.get(candidate)
    if (!known) continue
    known.next = Math.max(known.next, repeat + 1)
    // Imputed with their mean.
    known.sum += known.sum / known.count
    known.count++
  }
  const all = [...looks.values()]
  const within = all.reduce((sum, { count, sum: total, squares }) => sum + Math.max(0, squares - total ** 2 / count), 0)
  const total = all.reduce((sum, { count }) => sum + count, 0)
  const means = all.map(({ sum, count }) => sum / count)
  const spread = total > looks.size ? Math.sqrt(within / (total - looks.size)) : Math.max(...means) - Math.min(...means)
  const bound = ({ sum, count }: Looks) => sum / count + spread * Math.sqrt((2 * Math.log(total + 1)) / count)
  const [candidate, { next: repeat }] = [...looks].reduce((best, entry) =>
    bound(entry[1]) > bound(best[1]) ? entry : best,
  )
  const examples = Array.from({ length: Math.min(exampleCount, evaluationsLeft) }, (_, example) => example)
  const reason = { summary: 'another look: every point of the space has been tried' }
  return { kind: 'act', action: { kind: 'evaluate', candidate, examples, repeat, reason } }
}
