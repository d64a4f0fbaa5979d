import { describe, expect, it } from 'vitest'
import { createCallGates } from '../../src/engine/call-gate.ts'
import { exactMatch } from '../../src/evaluation/metrics/exact-match.ts'
import { createStageEvaluator } from '../../src/evaluation/stages/stage-evaluator.ts'
import type { Generation, TextModel } from '../../src/evaluation/text-model.ts'
import { failure } from '../../src/history/failure.ts'
import { evaluateTaskCell } from '../../src/run/evaluate-task-cell.ts'
import { createStudy, restoreStudy } from '../../src/study/create-study.ts'
import type { Study } from '../../src/study/study.ts'
import { defineTask } from '../../src/task/define-task.ts'
import { breadthFirst } from '../study/breadth-first.ts'
import { TWO_STAGES } from '../support/staged-task.ts'

const NOTHING = { inputTokens: 0, outputTokens: 0 }
const task = defineTask(TWO_STAGES)

/** A process: it sends what is new in a batch and does not live to see the answers, or fetches those of before. */
function open(study: Study, answers: (prompt: string) => string) {
  const sent: string[] = []
  const fetched: string[] = []
  const model: TextModel = {
    name: 'batched:model',
    identity: 'batched',
    concurrency: 4,
    batch: 4,
    local: false,
    countTokens: (prompt) => prompt.length,
    async generate({ prompt, ticket }): Promise<Generation> {
      if (ticket?.batch === undefined) {
        sent.push(prompt)
        await ticket!.sentIn(`batch_${sent.length}`)
        return { kind: 'failure', failure: failure('cancelled', 'it is out'), usage: NOTHING, outstanding: true }
      }
      fetched.push(prompt)
      return { kind: 'text', text: answers(prompt), reason: 'stop', usage: { inputTokens: 9, outputTokens: 1 } }
    },
    async close() {},
  }
  const evaluator = createStageEvaluator({ program: task.program!, modelOf: () => model, metric: exactMatch() })
  const evaluate = evaluateTaskCell(task, evaluator, () => undefined, 1)
  const { signal } = new AbortController()
  const gates = createCallGates(study, { commit: async () => {} }, signal)
  const measure = async (action: number, candidate: number) => {
    const gate = gates.open({ action, position: 0 }, 'task')
    const cell = { action, position: 0, candidate: task.pool[candidate]!, index: candidate, example: 0, repeat: 0 }
    const measured = await evaluate({ ...cell, split: 'search', signal, reserve: gate.reserve })
    gate.close()
    return measured
  }
  return { measure, sent, fetched }
}

describe('calls of programs in batches', () => {
  it('that cells shared are taken up by whichever of them asks first in the next process', async () => {
    const study = createStudy({ pool: task.pool, policy: breadthFirst, exampleCount: 4, budget: { calls: 9 } })
    const [first, second] = [study.ask(), study.ask()]
    const before = open(study, () => '')
    // The stage that names the thing is the same for both.
    await before.measure(first.id, 0)
    expect(before.sent).toHaveLength(1)

    const restored = restoreStudy(study.serialize(), { policy: breadthFirst })
    expect(restored.settleLostCalls()).toBe(0)
    const after = open(restored, () => 'a broom')
    await after.measure(second.id, 1)
    await after.measure(first.id, 0)
    expect(after.fetched).toEqual(before.sent)
    // New are the second stages, one of each; the first was sent once.
    expect(after.sent).toHaveLength(2)
    expect(after.sent.filter((prompt) => before.sent.includes(prompt))).toEqual([])
    expect(restored.settleLostCalls('all')).toBe(2)
    expect(restored.spent.calls).toBe(3)
  })
})
