import { showValue } from '../check-input.ts'
import { CorruptError, InvalidInputError, KrigeError, UnavailableError } from '../errors.ts'

/** Studies that a message names. */
const MOST_NAMED = 20

/** A study that is not there, and which ones are. */
export function unknownStudy(name: string, known: readonly string[]): InvalidInputError {
  return new InvalidInputError(`there is no study ${JSON.stringify(name)}`, {
    remedy:
      known.length === 0
        ? 'The store is empty. Start one with `krige run task.yaml`, or name the right store.'
        : `Known studies: ${known.slice(-MOST_NAMED).join(', ')}${known.length > MOST_NAMED ? `, and ${known.length - MOST_NAMED} earlier ones` : ''}.`,
  })
}

/** A store that was closed while it was still needed. */
export function closedStore(where: string, cause: unknown): UnavailableError {
  return new UnavailableError('the store was closed', {
    where,
    cause,
    remedy: 'Open it again. Close it only when whatever uses it has ended.',
  })
}

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html */
const SQLITE = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
}

/** Says what a SQLite error means for the user; passes everything else on. */
export function translateSqliteError(error: unknown, location: string): unknown {
  if (KrigeError.isInstance(error) || !(error instanceof Error) || !('errcode' in error)) return error
  const where = location
  const options = { cause: error, where }
  switch (Number(error.errcode) & 0xff) {
    case SQLITE.full:
      return new UnavailableError('the disk is full', {
        ...options,
        remedy: 'Free some space and run it again; the study resumes where it stopped.',
      })
    case SQLITE.readOnly:
    case SQLITE.permission:
      return new UnavailableError('the study file is read-only', {
        ...options,
        remedy: 'Make the file and its folder writable, or choose another.',
      })
    case SQLITE.cannotOpen:
      return new UnavailableError('the study file cannot be opened', {
        ...options,
        remedy: 'Check that its folder exists and is writable, or choose another.',
      })
    case SQLITE.busy:
    case SQLITE.locked:
      return new UnavailableError('the study file is locked by another process', {
        ...options,
        remedy: 'Wait for the other process, or end it.',
      })
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return new CorruptError('the study file is damaged, or no study file at all', {
        ...options,
        remedy: 'Restore it from a backup or an export; `krige doctor` says what can still be read.',
      })
    case SQLITE.io:
      return new UnavailableError(`reading or writing the study file failed: ${error.message}`, {
        ...options,
        remedy: 'Check the disk and the rights of its folder; nothing that was committed is lost.',
      })
    default:
      return error
  }
}

/** @throws InvalidInputError for a name that is no text, or an empty one. */
export function checkStudyName(name: unknown): void {
  if (name === '') throw new InvalidInputError('the name of a study is empty; expected a text')
  if (typeof name !== 'string')
    throw new InvalidInputError(`the name of a study is ${showValue(name)}; expected a text`)
}
