/** Lower triangle of `to` ← that of `from` with `jitter` added to the diagonal; n×n, strides in elements. */
export function copyLower(n: i32, from: usize, fromRow: i32, to: usize, toRow: i32, jitter: f64): void {
  for (let i = 0; i < n; i++) {
    memory.copy(to, from, <usize>(i + 1) << 3)
    const diagonal = to + (<usize>i << 3)
    store<f64>(diagonal, load<f64>(diagonal) + jitter)
    from += <usize>fromRow << 3
    to += <usize>toRow << 3
  }
}
