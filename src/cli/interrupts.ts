/** The first Ctrl-C stops in order, the second at once. */
export function listenForInterrupts(notice: string): {
  readonly signal: AbortSignal
  /** As the first Ctrl-C does, without a word. */
  stop(): void
  close(): void
} {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    process.stderr.write(`\n${notice}\n`)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    stop: () => controller.abort(),
    close() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}

/** Resolves at the first Ctrl-C or SIGTERM, or when standard input ends where that counts, too. */
export function untilStopped({ orStdinEnds = false } = {}): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    if (orStdinEnds) process.stdin.once('close', resolve)
  })
}
