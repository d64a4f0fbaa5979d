/**
 * c₀ + c₁x + c₂x² + … by Horner's rule.
 *
 * @example
 * evaluatePolynomial([1, 2, 3], 2) // 17
 */
export function evaluatePolynomial(coefficients: ArrayLike<number>, x: number): number {
  let sum = 0
  for (let index = coefficients.length - 1; index >= 0; index--) sum = sum * x + coefficients[index]!
  return sum
}

/**
 * Chebyshev series c₀ + c₁T₁(y) + c₂T₂(y) + … for y in [−1, 1] by Clenshaw's recurrence.
 *
 * @example
 * evaluateChebyshev([0, 0, 1], 0.5) // −0.5: T₂(0.5)
 */
export function evaluateChebyshev(coefficients: ArrayLike<number>, y: number): number {
  const twice = 2 * y
  let next = 0
  let afterNext = 0
  for (let index = coefficients.length - 1; index > 0; index--) {
    const current = coefficients[index]! + twice * next - afterNext
    afterNext = next
    next = current
  }
  return coefficients[0]! + y * next - afterNext
}
