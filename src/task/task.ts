import type { Candidate } from '../space/candidate.ts'
import type { Constraint } from '../space/constraint.ts'
import type { Example } from '../space/example.ts'
import type { Space } from '../space/parameter.ts'
import type { Template } from '../space/template.ts'
import type { ModelSettings } from './model-specification.ts'

/** Hard limits; absent means unlimited. */
export interface TaskBudget {
  readonly evaluations?: number
  readonly calls?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly usd?: number
}

/** Which metric, with its settings. */
export interface MetricSpecification {
  /** `exact-match`, `label-match`, `numeric`, `json-fields`, `contains`, `regex`, `autoevals:NAME` or a module's path. */
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}

/** How the model is to answer. */
export interface SamplingSpecification {
  readonly temperature: number
  readonly topP?: number
  readonly maxOutputTokens: number
  readonly stop?: readonly string[]
}

/** A task that has been read and checked; nothing in it needs checking again. */
export interface Task {
  readonly name: string
  /** The task file, when there is one; relative paths in it were resolved against its folder. */
  readonly file?: string
  readonly folder: string
  readonly examples: readonly Example[]
  /** Indices into `examples`; search examples come first in policies' numbering: position in `split.search`. */
  readonly split: { readonly search: readonly number[]; readonly holdout: readonly number[]; readonly seed: number }
  /** Absent when `evaluate` names a program that needs none. */
  readonly template?: Template
  readonly metric: MetricSpecification
  /**
   * As written: `gguf:NAME`, `openai-compatible:URL#name`, `PROVIDER:MODEL`; absent only for programs. An address may hold
   * a password: show and store `publicModelName(model)`.
   */
  readonly model?: string
  readonly modelSettings?: ModelSettings
  readonly sampling: SamplingSpecification
  /** A system message for the model. */
  readonly system?: string
  /** All distinct; the baseline is among them when there is one. */
  readonly pool: readonly Candidate[]
  /** Index into `pool`. */
  readonly baseline?: number
  readonly space: Space
  readonly proposers: readonly (string | Readonly<Record<string, unknown>>)[]
  readonly budget: TaskBudget
  /** What a recommended prompt keeps beside its score. */
  readonly constraints?: readonly Constraint[]
  /** `auto`, `none`, or a model name or path. */
  readonly embedder: string
  /** Absolute path of a program module. */
  readonly evaluate?: string
  /** Distinct expected texts of all examples in order of first use: what `label-match` looks for. */
  readonly labels: readonly string[]
  /** SHA-256 of everything scores depend on (examples, split, template, metric, model, sampling), not of pool or budget. */
  readonly fingerprint: string
  /** Things to tell the user that are no errors. */
  readonly warnings: readonly string[]
}
