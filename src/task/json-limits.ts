import { InvalidInputError } from '../errors.ts'

/** How deep values may be nested: far more than a person writes, and far less than a stack holds. */
export const MOST_DEPTH = 100
/** Letters and values at most, with everything that is named twice counted twice. */
const MOST_SIZE = 256 * 1024 * 1024

/**
 * Refuses values too deep to walk through.
 *
 * @param where - The place of a part, told its path.
 * @throws InvalidInputError with that place.
 * @example
 * checkJson({ a: [1] }, (path) => path.join('.')) // nothing is wrong
 */
export function checkJson(value: unknown, where: (path: readonly PropertyKey[]) => string): void {
  const sizes = new Map<object, { readonly size: number; readonly height: number }>()
  const weigh = (part: unknown, path: readonly PropertyKey[]): { readonly size: number; readonly height: number } => {
    if (typeof part === 'string') return { size: part.length, height: 0 }
    if (typeof part !== 'object' || part === null) return { size: 1, height: 0 }
    const known = sizes.get(part)
    if (known) {
      if (path.length + known.height > MOST_DEPTH) throw tooDeep(where(path))
      return known
    }
    if (path.length >= MOST_DEPTH) throw tooDeep(where(path))
    let size = 1
    let height = 0
    for (const key of Array.isArray(part) ? part.keys() : Object.keys(part)) {
      const inside = weigh(Reflect.get(part, key), [...path, key])
      size += inside.size + String(key).length
      height = Math.max(height, inside.height + 1)
      if (size > MOST_SIZE) {
        throw new InvalidInputError(`unfolds into more than ${MOST_SIZE / 1024 / 1024} MiB`, {
          where: where(path),
          remedy: 'Write less, or fewer aliases.',
        })
      }
    }
    sizes.set(part, { size, height })
    return { size, height }
  }
  weigh(value, [])
}

const tooDeep = (where: string) =>
  new InvalidInputError(`is nested more than ${MOST_DEPTH} deep`, {
    where,
    remedy: 'Take out the brackets or levels that are not needed.',
  })

/**
 * Refuses a key that copying an object loses. Inside an example's input it is data and may stand.
 *
 * @param where - The place of a part, told its path.
 * @throws InvalidInputError with that place.
 * @example
 * refuseLostKeys(JSON.parse('{"slots": {"__proto__": "x"}}'), (path) => path.join('.')) // throws InvalidInputError
 */
export function refuseLostKeys(
  value: unknown,
  where: (path: readonly PropertyKey[]) => string,
  path: readonly PropertyKey[] = [],
): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    if (key === '__proto__') {
      throw new InvalidInputError('a key is called "__proto__"', {
        where: where([...path, key]),
        remedy: 'Give it another name.',
      })
    }
    refuseLostKeys(Reflect.get(value, key), where, [...path, key])
  }
}
