// A row out of a Cholesky factor: Golub & Van Loan, Matrix Computations, §6.5.4.

/**
 * Removes row and column `index` from the n×n factor, in place. Rows below move up; their trailing block takes the
 * removed column back by Givens rotations. Rotations are applied a row at a time: rows are contiguous.
 *
 * @param scratch 16·n bytes, for the cosines and sines
 */
export function deleteRow(n: i32, l: usize, row: i32, index: i32, scratch: usize): void {
  const stride = <usize>row << 3
  for (let i = index; i < n - 1; i++) {
    const to = l + <usize>i * stride
    const from = to + stride
    memory.copy(to, from, <usize>index << 3)
    let v = load<f64>(from + (<usize>index << 3))
    // Element j of the new row is element j + 1 of the old one, rotated.
    let rotation = scratch
    for (let j = index; j < i; j++, rotation += 16) {
      const cosine = load<f64>(rotation)
      const sine = load<f64>(rotation, 8)
      const at = <usize>j << 3
      const x = load<f64>(from + at, 8)
      store<f64>(to + at, cosine * x + sine * v)
      v = cosine * v - sine * x
    }
    const diagonal = load<f64>(from + (<usize>(i + 1) << 3))
    const radius = Math.hypot(diagonal, v)
    store<f64>(rotation, diagonal / radius)
    store<f64>(rotation, v / radius, 8)
    store<f64>(to + (<usize>i << 3), radius)
  }
}
