/** Something of a configuration that did not come over as it was. */
export interface Finding {
  /**
   * `unsupported`: it was left out. `changed`: something else stands in its place. `ignored`: it has no bearing on a
   * search.
   */
  readonly kind: 'unsupported' | 'changed' | 'ignored'
  /** Where in the configuration, as `tests[2].assert[0]`. */
  readonly where: string
  readonly message: string
}

/** Collects findings, each once. */
export interface Findings {
  readonly list: readonly Finding[]
  unsupported(where: string, message: string): void
  changed(where: string, message: string): void
  ignored(where: string, message: string): void
}

export function createFindings(): Findings {
  const list: Finding[] = []
  const seen = new Set<string>()
  const add = (kind: Finding['kind']) => (where: string, message: string) => {
    const key = JSON.stringify([kind, where, message])
    if (seen.has(key)) return
    seen.add(key)
    list.push({ kind, where, message })
  }
  return { list, unsupported: add('unsupported'), changed: add('changed'), ignored: add('ignored') }
}
