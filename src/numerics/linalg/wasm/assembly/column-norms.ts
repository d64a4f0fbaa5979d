import { multiplyAdd } from './lanes'

/** out_j ← Σ_i a_ij²; rows of a are `stride` elements apart, out is dense. */
export function columnSquaredNorms(rows: i32, columns: i32, a: usize, stride: i32, out: usize): void {
  memory.fill(out, 0, <usize>columns << 3)
  for (let i = 0; i < rows; i++) {
    let from = a + (<usize>(i * stride) << 3)
    let to = out
    let j = 0
    for (; j + 1 < columns; j += 2, from += 16, to += 16) {
      const x = v128.load(from)
      v128.store(to, multiplyAdd(x, x, v128.load(to)))
    }
    if (j < columns) {
      const x = load<f64>(from)
      store<f64>(to, load<f64>(to) + x * x)
    }
  }
}
