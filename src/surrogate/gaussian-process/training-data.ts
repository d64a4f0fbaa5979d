import { InvalidArgumentError, NonFiniteError } from '../../errors.ts'
import { type Points, takePoints } from '../points.ts'

export interface TrainingData {
  readonly points: Points
  readonly targets: Float64Array
  /** Known variance of each observation, added to the fitted noise. Default 0. */
  readonly noiseVariances?: Float64Array
}

/** @throws InvalidArgumentError when lengths disagree or there is no data; NonFiniteError on NaN or infinities. */
export function checkTrainingData(data: TrainingData): void {
  const { points, targets, noiseVariances } = data
  if (points.count === 0) throw new InvalidArgumentError('data has no observations; expected at least one')
  if (targets.length !== points.count) {
    throw new InvalidArgumentError(`targets has ${targets.length} numbers; expected ${points.count}, one per point`)
  }
  if (noiseVariances && noiseVariances.length !== points.count) {
    throw new InvalidArgumentError(`noiseVariances has ${noiseVariances.length} numbers; expected ${points.count}`)
  }
  const check = (name: string, values: Float64Array) => {
    const bad = values.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) throw new NonFiniteError(`${name}[${bad}] is ${values[bad]}; expected a finite number`)
  }
  check('targets', targets)
  check('points', points.data)
  if (noiseVariances) check('noiseVariances', noiseVariances)
}

/** Observations, and more of them behind. */
export function joined(data: TrainingData, more: TrainingData): TrainingData {
  const [n, m] = [data.points.count, more.points.count]
  const known =
    data.noiseVariances || more.noiseVariances
      ? concatenate(data.noiseVariances ?? new Float64Array(n), more.noiseVariances ?? new Float64Array(m))
      : undefined
  return {
    points: concatenatePoints(data.points, more.points),
    targets: concatenate(data.targets, more.targets),
    ...(known ? { noiseVariances: known } : {}),
  }
}

/** @throws InvalidArgumentError when they differ in dimension. */
export function concatenatePoints(a: Points, b: Points): Points {
  if (a.dimension !== b.dimension) {
    throw new InvalidArgumentError(`points have ${b.dimension} coordinates; expected ${a.dimension}`)
  }
  return { count: a.count + b.count, dimension: a.dimension, data: concatenate(a.data, b.data) }
}

function concatenate(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

/** Some of the observations, in the order asked for. */
export function takeObservations(data: TrainingData, indices: readonly number[]): TrainingData {
  const { targets, noiseVariances } = data
  return {
    points: takePoints(data.points, indices),
    targets: Float64Array.from(indices, (i) => targets[i]!),
    ...(noiseVariances ? { noiseVariances: Float64Array.from(indices, (i) => noiseVariances[i]!) } : {}),
  }
}
