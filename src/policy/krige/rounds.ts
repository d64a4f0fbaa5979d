/** A first round, and the share by which the history grows in each that follows. */
const FIRST_ROUND = 8
const GROWTH = 0.25

/**
 * Where a round of a growing pool ends: so many cells are asked for before any of it is told. Rounds grow with what is
 * known, up to the size of a batch. The next drafts are chosen by what the last ones came to.
 *
 * @param told Cells told.
 * @param batch Cells that may be told together.
 * @returns The number of cells, told and pending, that the round ends with; more than `told`.
 */
export function roundEnd(told: number, batch: number): number {
  let end = Math.min(FIRST_ROUND, batch)
  while (end <= told) end += Math.min(batch, Math.max(FIRST_ROUND, Math.ceil(GROWTH * end)))
  return end
}
