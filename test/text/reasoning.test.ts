import { expect, it } from 'vitest'
import { labelMatch } from '../../src/evaluation/metrics/label-match.ts'
import { createTemplateEvaluator } from '../../src/evaluation/template-evaluator.ts'
import { parseTemplate } from '../../src/prompt/template.ts'
import { withoutReasoning } from '../../src/text/reasoning.ts'
import { createScriptedModel } from '../support/scripted-model.ts'

it.each([
  ['<think>bug or billing?</think>\n\nbilling', 'billing'],
  ['\n<THINK>bug</THINK> billing', 'billing'],
  ['<think></think><think>bug</think>billing', 'billing'],
  ['bug, I think.\n</think>\nbilling', 'billing'],
  ['<think>bug or bil', ''],
  ['<thought>bug</thought>billing', 'billing'],
  ['<reasoning>\nbug\n</reasoning>\n<reasoning>no</reasoning>billing', 'billing'],
  ['<seed:think>bug</seed:think>billing', 'billing'],
  ['[THINK]bug[/THINK]billing', 'billing'],
  ['◁think▷bug◁/think▷billing', 'billing'],
  ['<|channel|>analysis<|message|>bug<|end|><|start|>assistant<|channel|>final<|message|>billing', 'billing'],
  ['billing', 'billing'],
  ['  billing <think>later</think>', '  billing <think>later</think>'],
  ['{"a": "<b>"}', '{"a": "<b>"}'],
])('of %j, %j is the answer', (text, answer) => {
  expect(withoutReasoning(text)).toBe(answer)
})

it('is taken away for every metric, and nothing is decided while a model still thinks', async () => {
  const model = createScriptedModel(() => '<think>maybe a bug</think>\n\nbilling')
  const evaluator = createTemplateEvaluator({
    template: parseTemplate('{{prompt}}\n{{input}}'),
    model,
    metric: labelMatch(['bug', 'billing']),
    sampling: { temperature: 0, maxOutputTokens: 20 },
  })
  const example = { id: '1', input: 'x', expected: 'billing', fields: {} }
  const result = await evaluator.evaluate({ candidate: { id: 'a', text: 'A' }, example, repeat: 0, seed: 1 })
  expect(result).toMatchObject({ score: 1, output: 'billing' })
  const { isDecided } = model.requests[0]!
  expect(isDecided!('<think>maybe a bug, or')).toBe(false)
  expect(isDecided!('<think>maybe a bug</think> billing.')).toBe(true)
})
