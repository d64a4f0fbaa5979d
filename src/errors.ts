/**
 * Every error Krige throws on purpose. An error says what is wrong, with the offending value, and what to do about it.
 *
 * @module
 */

/** Survives duplicate installs of the package, where `instanceof` does not. */
const marker = Symbol.for('krige.error')

export type KrigeErrorCode =
  | 'invalid-argument'
  | 'invalid-input'
  | 'not-positive-definite'
  | 'non-finite'
  | 'out-of-memory'
  | 'unavailable'
  | 'budget'
  | 'conflict'
  | 'corrupt'
  | 'interrupted'
  | 'model'

export interface KrigeErrorOptions {
  /** What the user can do about it, as a sentence. */
  readonly remedy?: string
  /** Where: a file and line, a path inside a document, an argument. */
  readonly where?: string
  readonly cause?: unknown
}

/**
 * Base of all Krige errors.
 *
 * @example
 * const error = new UnavailableError('the model does not answer', { remedy: 'Start its server.' })
 * KrigeError.isInstance(error) // true: also where another copy of this package made it
 * error.code // 'unavailable'
 */
export class KrigeError extends Error {
  override readonly name: string = 'KrigeError'
  readonly code: KrigeErrorCode
  readonly remedy: string | undefined
  readonly where: string | undefined
  readonly [marker] = true

  constructor(code: KrigeErrorCode, message: string, options: KrigeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
    this.where = options.where
  }

  static isInstance(error: unknown): error is KrigeError {
    return typeof error === 'object' && error !== null && marker in error
  }
}

/**
 * A programmer passed something wrong: `lengthScales[2] is -0.1; expected a positive number`.
 *
 * @example
 * matern52({ lengthScale: -1 }) // throws InvalidArgumentError: lengthScale is -1; expected a positive number
 */
export class InvalidArgumentError extends KrigeError {
  override readonly name = 'InvalidArgumentError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('invalid-argument', message, options)
  }
}

/**
 * A user's file, option or data is wrong. The command line exits 2.
 *
 * @example
 * loadTask('no-task.yaml') // throws InvalidInputError: task no-task.yaml does not exist
 */
export class InvalidInputError extends KrigeError {
  override readonly name = 'InvalidInputError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('invalid-input', message, options)
  }
}

/**
 * A matrix that should be positive definite is not, even with the largest permitted jitter.
 *
 * @example
 * using workspace = backend.workspace()
 * backend.cholesky(workspace.from([[1, 2], [2, 1]])) // throws NotPositiveDefiniteError: pivot 1 is
 */
export class NotPositiveDefiniteError extends KrigeError {
  override readonly name = 'NotPositiveDefiniteError'
  /** Smallest pivot found, and the row it stands in. */
  readonly pivot: number
  readonly row: number
  constructor(pivot: number, row: number, jitter: number) {
    super('not-positive-definite', `pivot ${row} is ${pivot} even with jitter ${jitter}; expected a positive number`, {
      remedy: 'Add observation noise, or remove duplicated inputs.',
    })
    this.pivot = pivot
    this.row = row
  }
}

/**
 * NaN or an infinity where a finite number is needed.
 *
 * @example
 * const distances = { ...data, targets: Float64Array.of(0, Number.NaN, 1) }
 * gaussianProcess(surrogate.model, distances, backend) // throws NonFiniteError: targets[1] is NaN
 */
export class NonFiniteError extends KrigeError {
  override readonly name = 'NonFiniteError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('non-finite', message, options)
  }
}

/** A numeric heap cannot hold what is asked of it. */
export class OutOfMemoryError extends KrigeError {
  override readonly name = 'OutOfMemoryError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('out-of-memory', message, options)
  }
}

/**
 * A budget is too small to do anything, or has been reached.
 *
 * @example
 * const study = createStudy({ space: { x: { float: [0, 1] } }, policy: 'random', budget: { evaluations: 1 } })
 * study.tell(study.ask().id, [0.5])
 * study.ask() // throws BudgetError
 */
export class BudgetError extends KrigeError {
  override readonly name = 'BudgetError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('budget', message, options)
  }
}

/**
 * Something optional that is needed here is not installed, not downloaded or not reachable.
 *
 * @example
 * const options = { modelsFolder: 'models', environment: process.env }
 * await openTextModel('gguf:gemma-3-270m', options) // throws UnavailableError: model gguf:gemma-3-270m is not on this machine
 */
export class UnavailableError extends KrigeError {
  override readonly name = 'UnavailableError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('unavailable', message, options)
  }
}

/**
 * Two things that must agree do not: a study of another task, a second writer.
 *
 * @example
 * await store.acquire('tickets')
 * await store.acquire('tickets') // throws ConflictError
 */
export class ConflictError extends KrigeError {
  override readonly name = 'ConflictError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('conflict', message, options)
  }
}

/**
 * A file or database is damaged.
 *
 * @example
 * restoreStudy('{"v":1,"type":"told"}') // throws CorruptError
 */
export class CorruptError extends KrigeError {
  override readonly name = 'CorruptError'
  constructor(message: string, options?: KrigeErrorOptions) {
    super('corrupt', message, options)
  }
}
