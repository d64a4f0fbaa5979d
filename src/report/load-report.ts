import { loadOptional } from '../load-optional.ts'

/**
 * The page and its plots, when it is first drawn: they take longer to load than the rest, and may not be installed
 * what draws them.
 *
 * @throws UnavailableError when it is not installed, with what to install.
 * @example
 * const { renderReport } = await loadReport()
 * renderReport({ state: study.state }).startsWith('<!doctype html>') // true
 */
export function loadReport(): Promise<typeof import('./render-report.ts')> {
  return loadOptional(() => import('./render-report.ts'), 'drawing the report', '@observablehq/plot linkedom diff')
}
