import type { StudyState } from './state.ts'

/** What became of the prompts that proposers wrote. */
export interface DraftCounts {
  readonly written: number
  /** Refused before they joined the pool, by reason; `duplicate`: the pool had them. */
  readonly rejected: Readonly<Record<string, number>>
  /** Of those that joined, how many were measured at all. */
  readonly measured: number
}

/** `undefined` where none were asked for. */
export function countDrafts({ generations, observations, candidates }: StudyState): DraftCounts | undefined {
  if (generations.length === 0) return undefined
  const rejected: Record<string, number> = {}
  const refuse = (reason: string, count: number) => {
    if (count > 0) rejected[reason] = (rejected[reason] ?? 0) + count
  }
  const added = new Set<number>()
  for (const generation of generations) {
    for (const index of generation.added) added.add(index)
    for (const [reason, count] of Object.entries(generation.rejected)) refuse(reason, count)
    refuse('duplicate', generation.duplicates)
  }
  const measured = new Set<number>()
  for (let index = 0; index < observations.length; index++) {
    const candidate = observations.candidate(index)
    if (!added.has(candidate) || measured.has(candidate)) continue
    if (!candidates[candidate]!.shows?.includes(observations.example(index))) measured.add(candidate)
  }
  const written = added.size + Object.values(rejected).reduce((sum, count) => sum + count, 0)
  return { written, rejected, measured: measured.size }
}
