/**
 * Indices of the largest of very many values, in any order; of equal ones the first. NaN and −∞ never.
 *
 * @example
 * [...largest([5, 1, 4, 4], 2)].sort() // [0, 2]
 */
export function largest(values: ArrayLike<number>, count: number): Int32Array {
  // A heap of the best so far with the worst on top: most values are refused by one comparison.
  const heap = new Int32Array(Math.max(0, Math.min(count, values.length)))
  let size = 0
  const isWorse = (a: number, b: number): boolean => values[a]! < values[b]! || (values[a]! === values[b]! && a > b)
  const sink = (from: number) => {
    let at = from
    for (;;) {
      let worst = at
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < size; child++) {
        if (isWorse(heap[child]!, heap[worst]!)) worst = child
      }
      if (worst === at) return
      const moved = heap[at]!
      heap[at] = heap[worst]!
      heap[worst] = moved
      at = worst
    }
  }
  for (let i = 0; i < values.length; i++) {
    if (!(values[i]! > Number.NEGATIVE_INFINITY)) continue
    if (size < heap.length) {
      heap[size++] = i
      if (size === heap.length) for (let at = size >> 1; at >= 0; at--) sink(at)
    } else if (size > 0 && isWorse(heap[0]!, i)) {
      heap[0] = i
      sink(0)
    }
  }
  return heap.subarray(0, size)
}
