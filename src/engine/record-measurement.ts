import { BUILT_IN_MEASUREMENTS } from '../history/constraint.ts'
import type { Measurement } from '../history/measurement.ts'
import { PREFERENCE_MEASUREMENTS } from '../study/preference.ts'
import type { Study } from '../study/study.ts'
import type { Cell } from './action-cells.ts'
import type { CellMeasurement } from './cell.ts'
import { clip, clipCall } from './clip-texts.ts'
import type { Journal } from './journal.ts'

const BUILT_IN: ReadonlySet<string> = new Set(BUILT_IN_MEASUREMENTS)

/** Tells what a cell gave, and keeps its texts beside the log. */
export function createRecorder(
  study: Study,
  journal: Pick<Journal, 'keep'>,
): (cell: Cell, measurement: CellMeasurement) => void {
  /** Of the measurements that every answer has, the log keeps those that a constraint or a preference is about. */
  const { constraints = [], prefer = 'score' } = study.state.config
  const constrained = new Set([...constraints.map(({ metric }) => metric), ...PREFERENCE_MEASUREMENTS[prefer]])
  return ({ action, position, evaluation }, measurement) => {
    const { metrics = {}, output, feedback, traces = [], ...result } = measurement
    const named = Object.entries(metrics).filter(([name]) => constrained.has(name) || !BUILT_IN.has(name))
    const hasTexts = traces.length > 0 || output !== undefined || feedback !== undefined
    const traced =
      hasTexts &&
      journal.keep({
        action,
        position,
        candidate: evaluation.index,
        example: evaluation.examples[position]!,
        ...(evaluation.split === 'holdout' ? { holdout: true } : {}),
        trace: {
          calls: traces.map(clipCall),
          ...(output === undefined ? {} : { output: clip(output) }),
          ...(feedback === undefined ? {} : { feedback: feedback.map((one) => ({ ...one, text: clip(one.text) })) }),
        },
      })
    study.tellCell(action, position, { ...result, metrics: Object.fromEntries(named) } as Measurement, { traced })
  }
}
