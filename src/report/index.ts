/**
 * A study as one page, or as data and plain text. Drawn with Observable Plot: an entry point of its own, so that nothing
 * else loads it.
 *
 * @module
 */
import '../node-version.ts'

export { createCostCounter, type RoleCost } from './costs.ts'
export { type DifferenceMarks, textDifference } from './difference.ts'
export { renderReport } from './render-report.ts'
export type { ReportOptions } from './report-options.ts'
export type { ShownAnswer } from './separating-examples.ts'
export { type ReportedCandidate, type ReportedPrompt, type ReportSummary, summarizeReport } from './summary.ts'
