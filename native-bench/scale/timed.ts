/** Time by the clock, and time that this process had a processor: they differ where others want it, too. */
export interface Taken {
  readonly seconds: number
  readonly processorSeconds: number
}

export function timed<Result>(work: () => Result): { result: Result; taken: Taken } {
  const start = performance.now()
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  return { result, taken: { seconds: (performance.now() - start) / 1000, processorSeconds: (user + system) / 1e6 } }
}
