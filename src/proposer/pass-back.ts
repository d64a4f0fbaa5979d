/**
 * What one stage of a program learns from a run of the whole: its own answer, what was said of it, and what became of
 * it later. It is passed back through the stages that followed (Trace, arXiv 2406.16218; TextGrad, arXiv 2406.07496),
 * but not through more than a few. Over a long way the blame is noise.
 *
 * @module
 */
import type { Feedback } from '../history/measurement.ts'
import type { Trace } from '../history/trace.ts'
import { stageOfSlot } from '../prompt/staged-program.ts'
import { clip } from './clip.ts'

/** Stages that feedback is passed back through. */
export const STAGES_BACK = 2

const LONGEST = 200

export interface StageOutcome {
  /** What the stage answered, the last time it ran; absent where it did not. */
  readonly output?: string
  /** The most telling first. */
  readonly feedback: readonly Feedback[]
}

/**
 * @param depth Stages that feedback is passed back through. @defaultValue {@link STAGES_BACK}
 */
export function passBack(trace: Trace, stage: string, depth = STAGES_BACK): StageOutcome {
  const runs = trace.calls.filter(({ role, stage: name }) => role === 'task' && name !== undefined)
  const at = runs.findLastIndex((call) => call.stage === stage)
  if (at < 0) return { feedback: [] }
  const own = runs[at]!
  const later: { readonly stage: string; readonly text: string }[] = []
  for (const call of runs.slice(at + 1)) {
    if (call.stage !== later.at(-1)?.stage) later.push({ stage: call.stage!, text: call.text ?? call.error ?? '' })
  }
  const ownerOf = ({ stage: named, slot }: Feedback) => named ?? (slot === undefined ? undefined : stageOfSlot(slot))
  const said = trace.feedback ?? []
  const direct = said.filter((one) => ownerOf(one) === stage)
  const near = later.slice(0, depth)
  const fromLater = said.flatMap((one) => {
    const owner = ownerOf(one)
    const reaches = owner === undefined ? later.length <= depth : near.some((call) => call.stage === owner)
    return owner !== stage && reaches ? [{ one, owner }] : []
  })
  if (fromLater.length === 0) return { ...(own.text === undefined ? {} : { output: own.text }), feedback: direct }
  const path = near.map(({ stage: name, text }) => `${name} answered "${clip(text.trim(), LONGEST)}"`).join(', then ')
  const remarks = fromLater
    .map(({ one, owner }) => `${owner === undefined ? '' : `of ${owner}: `}${one.text}`)
    .join(' ')
  const text = near.length === 0 ? remarks : `After it ${path}. It was said: ${remarks}`
  return {
    ...(own.text === undefined ? {} : { output: own.text }),
    feedback: [...direct, { text, from: fromLater[0]!.one.from, stage }],
  }
}
