/**
 * States what a notebook claims; where it is not so any more, the cell fails.
 *
 * @example
 * check('one is less than two', 1 < 2) // prints: ✓ one is less than two
 */
export function check(claim: string, holds: boolean): void {
  if (!holds) throw new Error(`not so any more: ${claim}`)
  console.log(`✓ ${claim}`)
}
