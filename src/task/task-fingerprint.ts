import { createHash } from 'node:crypto'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { StagedProgram } from '../prompt/staged-program.ts'
import type { Task } from './task.ts'

/** Tells whether two tasks score the same prompt the same. */
export function fingerprintOf(task: Omit<Task, 'fingerprint'>): string {
  const content = {
    examples: task.examples,
    split: task.split,
    template: task.template?.source ?? null,
    // Left out where absent, so that studies begun before this key existed go on.
    ...(task.template?.nested ? { promptVariables: true } : {}),
    metric: task.metric,
    // A new password in the address is no other model.
    model: task.model === undefined ? null : publicModelName(task.model),
    sampling: task.sampling,
    system: task.template?.system?.source ?? null,
    evaluate: task.evaluate ?? null,
    ...(task.program ? { program: programContent(task.program) } : {}),
  }
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

function programContent({ stages, ...flow }: StagedProgram) {
  return {
    ...flow,
    stages: stages.map(({ template, model, name, slots, ...stage }) => ({
      name,
      slots,
      system: template.system?.source,
      ...stage,
      template: template.source,
      model: model === undefined ? null : publicModelName(model),
    })),
  }
}
