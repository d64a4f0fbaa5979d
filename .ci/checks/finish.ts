/** Says how a check ended; with problems the process fails. */
export function finish(check: string, problems: readonly string[], remedy?: string): void {
  if (problems.length === 0) {
    process.stdout.write(`${check}: in order\n`)
    return
  }
  for (const problem of problems) process.stderr.write(`${check}: ${problem}\n`)
  if (remedy !== undefined) process.stderr.write(`${remedy}\n`)
  process.exitCode = 1
}
