/**
 * The text before the first stop sequence, or `undefined` when there is none in it.
 *
 * @example
 * cutAtStop('bug\nTicket:', ['\n']) // 'bug'
 */
export function cutAtStop(text: string, stop: readonly string[] | undefined): string | undefined {
  const found = (stop ?? []).map((sequence) => text.indexOf(sequence)).filter((index) => index >= 0)
  return found.length === 0 ? undefined : text.slice(0, Math.min(...found))
}
