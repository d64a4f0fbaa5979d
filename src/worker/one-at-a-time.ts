/**
 * Runs work one run at a time: asked for while it runs, it runs once more after that.
 *
 * @param work What it fails at is left to its next run: the server may be away.
 * @returns Resolves when a run that was not begun earlier has ended.
 */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let again = false
  return () => {
    again = running !== undefined
    running ??= (async () => {
      do {
        again = false
        await work().catch(() => {})
      } while (again)
      running = undefined
    })()
    return running
  }
}
