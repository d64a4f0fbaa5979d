/**
 * The message of whatever was thrown, also where reading that throws.
 *
 * @example
 * messageOf(new Error('no key')) // 'no key'
 * messageOf(Object.create(null)) // 'an error that cannot be shown'
 */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'an error that cannot be shown'
  }
}
