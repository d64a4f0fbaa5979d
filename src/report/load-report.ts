import { loadOptional } from '../load-optional.ts'

/**
 * The page and its plots, loaded when it is first drawn. They take longer to load than the rest, and the library that
 * draws them may not be installed.
 *
 * @throws UnavailableError when it is not installed, with what to install.
 * @example
 * const { renderReport } = await loadReport()
 * renderReport({ state: study.state }).startsWith('<!doctype html>') // true
 */
export function loadReport(): Promise<typeof import('./render-report.ts')> {
  return loadOptional(() => import('./render-report.ts'), 'drawing the report', '@observablehq/plot linkedom diff')
}
