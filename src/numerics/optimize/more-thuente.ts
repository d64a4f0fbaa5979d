/**
 * Line search for a step that satisfies the strong Wolfe conditions.
 *
 * Source: J. J. Moré and D. J. Thuente, "Line search algorithms with guaranteed sufficient decrease", ACM TOMS 20 (1994).
 *
 * Notation: φ(t) value and φ′(t) slope along the direction; ψ(t) = φ(t) − φ(0) − μ t φ′(0);
 * (best, other) the ends of the interval of uncertainty, best having the smallest value so far.
 *
 * @module
 */

export interface LineSearchOptions {
  /** Sufficient decrease μ: φ(t) ≤ φ(0) + μ t φ′(0). */
  readonly decrease: number
  /** Curvature η: |φ′(t)| ≤ η |φ′(0)|. */
  readonly curvature: number
  /** Relative width of the interval below which the search gives up. */
  readonly intervalTolerance: number
  readonly maxStep: number
  readonly maxEvaluations: number
}

export interface LineSearchResult {
  /** The last step evaluated; the objective's state is that of this step. */
  readonly step: number
  readonly value: number
  readonly slope: number
  readonly evaluations: number
  /** Whether both conditions hold, or the step is at its limit with sufficient decrease. */
  readonly accepted: boolean
}

/** Value and slope at a step. */
export interface StepEvaluation {
  readonly value: number
  readonly slope: number
}

/**
 * @param evaluate φ and φ′ at a step. A value that is not finite counts as too long a step and is halved away.
 * @param start φ(0) and φ′(0) < 0.
 * @param firstStep the first step to try, at most `maxStep`.
 * @example
 * const parabola = (t: number) => ({ value: (t - 1) ** 2, slope: 2 * (t - 1) })
 * const options = { decrease: 1e-4, curvature: 0.1, intervalTolerance: 1e-10, maxStep: 10, maxEvaluations: 20 }
 * moreThuente(parabola, parabola(0), 0.3, options).step // ≈ 1.0
 */
export function moreThuente(
  evaluate: (step: number) => StepEvaluation,
  start: StepEvaluation,
  firstStep: number,
  options: LineSearchOptions,
): LineSearchResult {
  const { decrease, curvature, intervalTolerance, maxStep, maxEvaluations } = options
  const slopeBound = decrease * start.slope
  const interval: Interval = {
    best: 0,
    bestValue: start.value,
    bestSlope: start.slope,
    other: 0,
    otherValue: start.value,
    otherSlope: start.slope,
    bracketed: false,
  }
  let step = Math.min(firstStep, maxStep)
  let ceiling = maxStep
  let auxiliary = true
  let width = maxStep
  let widthBefore = 2 * width
  let shortest = 0
  let longest = step + 4 * step
  let evaluations = 0

  for (;;) {
    const trial = evaluate(step)
    evaluations++
    if (!(Number.isFinite(trial.value) && Number.isFinite(trial.slope))) {
      // Outside the domain: never come back beyond half way from the best step.
      ceiling = interval.best + 0.5 * (step - interval.best)
      if (evaluations >= maxEvaluations || ceiling <= interval.best) {
        return { step, ...trial, evaluations, accepted: false }
      }
      step = ceiling
      longest = Math.min(longest, ceiling)
      continue
    }
    const bound = start.value + step * slopeBound
    if (trial.value <= bound && Math.abs(trial.slope) <= curvature * -start.slope) {
      return { step, ...trial, evaluations, accepted: true }
    }
    if (step >= ceiling && trial.value <= bound && trial.slope <= slopeBound) {
      return { step, ...trial, evaluations, accepted: true }
    }
    const exhausted =
      evaluations >= maxEvaluations ||
      (interval.bracketed && (step <= shortest || step >= longest)) ||
      (interval.bracketed && longest - shortest <= intervalTolerance * longest) ||
      (step <= 0 && (trial.value > bound || trial.slope >= slopeBound))
    if (exhausted) return { step, ...trial, evaluations, accepted: false }

    // Until φ has once decreased enough with a rising slope, the auxiliary function ψ is searched instead.
    if (auxiliary && trial.value <= bound && trial.slope >= 0) auxiliary = false
    if (auxiliary && trial.value <= interval.bestValue && trial.value > bound) {
      tilt(interval, -slopeBound)
      step = nextStep(interval, step, trial.value - step * slopeBound, trial.slope - slopeBound, shortest, longest)
      tilt(interval, slopeBound)
    } else {
      step = nextStep(interval, step, trial.value, trial.slope, shortest, longest)
    }

    if (interval.bracketed) {
      const size = Math.abs(interval.other - interval.best)
      if (size >= 0.66 * widthBefore) step = interval.best + 0.5 * (interval.other - interval.best)
      widthBefore = width
      width = size
      shortest = Math.min(interval.best, interval.other)
      longest = Math.max(interval.best, interval.other)
    } else {
      shortest = step + 1.1 * (step - interval.best)
      longest = step + 4 * (step - interval.best)
    }
    step = Math.min(Math.max(step, 0), ceiling)
    const stuck =
      interval.bracketed && (step <= shortest || step >= longest || longest - shortest <= intervalTolerance * longest)
    if (stuck) step = interval.best
  }
}

interface Interval {
  best: number
  bestValue: number
  bestSlope: number
  other: number
  otherValue: number
  otherSlope: number
  bracketed: boolean
}

/** Adds slope·t to the function that the interval's ends describe. */
function tilt(interval: Interval, slope: number): void {
  interval.bestValue += interval.best * slope
  interval.otherValue += interval.other * slope
  interval.bestSlope += slope
  interval.otherSlope += slope
}

/** A safeguarded cubic or quadratic step (section 4 of the paper); updates the interval with the trial. */
function nextStep(
  interval: Interval,
  step: number,
  value: number,
  slope: number,
  shortest: number,
  longest: number,
): number {
  const { best, bestValue, bestSlope, other, otherValue, otherSlope } = interval
  const sameSign = slope * Math.sign(bestSlope) >= 0
  let next: number
  if (value > bestValue) {
    // Case 1: a higher value brackets the minimum.
    const theta = (3 * (bestValue - value)) / (step - best) + bestSlope + slope
    const scale = Math.max(Math.abs(theta), Math.abs(bestSlope), Math.abs(slope))
    let gamma = scale * Math.sqrt(Math.max(0, (theta / scale) ** 2 - (bestSlope / scale) * (slope / scale)))
    if (step < best) gamma = -gamma
    const ratio = (gamma - bestSlope + theta) / (gamma - bestSlope + gamma + slope)
    const cubic = best + ratio * (step - best)
    const quadratic = best + (bestSlope / ((bestValue - value) / (step - best) + bestSlope) / 2) * (step - best)
    next = Math.abs(cubic - best) < Math.abs(quadratic - best) ? cubic : cubic + (quadratic - cubic) / 2
    interval.bracketed = true
  } else if (!sameSign) {
    // Case 2: the slope changes sign.
    const theta = (3 * (bestValue - value)) / (step - best) + bestSlope + slope
    const scale = Math.max(Math.abs(theta), Math.abs(bestSlope), Math.abs(slope))
    let gamma = scale * Math.sqrt(Math.max(0, (theta / scale) ** 2 - (bestSlope / scale) * (slope / scale)))
    if (step > best) gamma = -gamma
    const ratio = (gamma - slope + theta) / (gamma - slope + gamma + bestSlope)
    const cubic = step + ratio * (best - step)
    const secant = step + (slope / (slope - bestSlope)) * (best - step)
    next = Math.abs(cubic - step) > Math.abs(secant - step) ? cubic : secant
    interval.bracketed = true
  } else if (Math.abs(slope) < Math.abs(bestSlope)) {
    // Case 3: still falling, less steeply. The cubic may have no minimum on the far side.
    const theta = (3 * (bestValue - value)) / (step - best) + bestSlope + slope
    const scale = Math.max(Math.abs(theta), Math.abs(bestSlope), Math.abs(slope))
    let gamma = scale * Math.sqrt(Math.max(0, (theta / scale) ** 2 - (bestSlope / scale) * (slope / scale)))
    if (step > best) gamma = -gamma
    const ratio = (gamma - slope + theta) / (gamma + (bestSlope - slope) + gamma)
    let cubic: number
    if (ratio < 0 && gamma !== 0) cubic = step + ratio * (best - step)
    else cubic = step > best ? longest : shortest
    const secant = step + (slope / (slope - bestSlope)) * (best - step)
    if (interval.bracketed) {
      next = Math.abs(cubic - step) < Math.abs(secant - step) ? cubic : secant
      const limit = step + 0.66 * (other - step)
      next = step > best ? Math.min(limit, next) : Math.max(limit, next)
    } else {
      next = Math.abs(cubic - step) > Math.abs(secant - step) ? cubic : secant
      next = Math.min(Math.max(next, shortest), longest)
    }
  } else if (interval.bracketed) {
    // Case 4: falling as steeply as before.
    const theta = (3 * (value - otherValue)) / (other - step) + otherSlope + slope
    const scale = Math.max(Math.abs(theta), Math.abs(otherSlope), Math.abs(slope))
    let gamma = scale * Math.sqrt(Math.max(0, (theta / scale) ** 2 - (otherSlope / scale) * (slope / scale)))
    if (step > other) gamma = -gamma
    const ratio = (gamma - slope + theta) / (gamma - slope + gamma + otherSlope)
    next = step + ratio * (other - step)
  } else {
    next = step > best ? longest : shortest
  }

  if (value > bestValue) {
    interval.other = step
    interval.otherValue = value
    interval.otherSlope = slope
  } else {
    if (!sameSign) {
      interval.other = best
      interval.otherValue = bestValue
      interval.otherSlope = bestSlope
    }
    interval.best = step
    interval.bestValue = value
    interval.bestSlope = slope
  }
  return next
}
