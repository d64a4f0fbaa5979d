import { exactMatch } from '../../src/evaluation/metrics/exact-match.ts'
import { createMemoryResponseCache } from '../../src/evaluation/response-cache.ts'
import { createStageEvaluator } from '../../src/evaluation/stages/stage-evaluator.ts'
import { defineTask } from '../../src/task/define-task.ts'
import type { TaskInput } from '../../src/task/schema.ts'
import { createScriptedModel } from './scripted-model.ts'

export const SHOPPERS = ['a broom', 'a mitten', 'a trap', 'a novel'].map((thing) => ({
  input: `I want ${thing}.`,
  expected: `${thing} here`,
}))

/** Two stages: name the thing, then say where it is. */
export const TWO_STAGES = {
  name: 'shop',
  examples: SHOPPERS,
  metric: 'exact-match',
  model: 'gguf:smollm2-135m-instruct',
  stages: {
    extract: { template: '{{prompt}}\nCustomer: {{input}}\nThing:' },
    decide: { template: '{{prompt}}\n{{hints}}\nThing: {{extract}}\nPlace:', slots: ['hints'] },
  },
  prompts: [
    { id: 'a', slots: { extract: 'Name it.', decide: 'Where is it?', 'decide.hints': '' } },
    { id: 'b', slots: { extract: 'Name it.', decide: 'Say where.', 'decide.hints': 'Look around.' } },
  ],
} satisfies TaskInput

/** Extract, check, and repair until the check says ok, at most `rounds` times. */
export const LOOP = {
  ...TWO_STAGES,
  parameters: { rounds: { int: [0, 3] } },
  stages: {
    extract: { template: '{{prompt}}\nCustomer: {{input}}\nThing:' },
    check: { template: '{{prompt}}\nAnswer: {{extract}}' },
    repair: { template: '{{prompt}}\nAnswer: {{extract}}\nFault: {{check}}', writes: 'extract' },
  },
  states: {
    extract: { next: 'check' },
    check: { next: [{ contains: 'ok', to: 'end' }, { to: 'repair' }] },
    repair: { rounds: 'rounds', next: 'check' },
  },
  prompts: [0, 1, 3].map((rounds) => ({
    id: `r${rounds}`,
    slots: { extract: 'Name it.', check: 'Is it right?', repair: 'Mend it.' },
    parameters: { rounds },
  })),
} satisfies TaskInput

/** A task's stages with a model that answers from a script. */
export function openStaged(input: TaskInput, script: Parameters<typeof createScriptedModel>[0], cached = true) {
  const task = defineTask(input)
  const model = createScriptedModel(script)
  const evaluator = createStageEvaluator({
    program: task.program!,
    modelOf: () => model,
    metric: exactMatch(),
    ...(cached ? { cache: createMemoryResponseCache() } : {}),
    retry: { attempts: 1 },
  })
  const cell = (prompt: number, example = 0) => ({
    candidate: task.pool[prompt]!,
    example: task.examples[example]!,
    repeat: 0,
    seed: 1,
  })
  return { task, model, evaluator, cell }
}
