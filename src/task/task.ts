import type { ModelSettings } from '../evaluation/models/model-specification.ts'
import type { EvaluatedTask } from '../evaluation/open-evaluator.ts'
import type { Constraint } from '../history/constraint.ts'
import type { LearnedPrior } from '../policy/prior/learned-prior.ts'
import type { Candidate } from '../prompt/candidate.ts'
import type { Example } from '../prompt/example.ts'
import type { ProposerSpecification } from '../proposer/registry.ts'
import type { Space } from '../space/parameter.ts'
import type { Budget } from '../study/ledger.ts'
import type { Preference } from '../study/preference.ts'

/** A task that has been read and checked; nothing in it needs checking again. */
export interface Task extends EvaluatedTask {
  readonly name: string
  /** The task file, when there is one; relative paths in it were resolved against its folder. */
  readonly file?: string
  readonly folder: string
  readonly examples: readonly Example[]
  /** Indices into `examples`; search examples come first in policies' numbering: position in `split.search`. */
  readonly split: { readonly search: readonly number[]; readonly holdout: readonly number[]; readonly seed: number }
  /** All distinct; the baseline is among them when there is one. */
  readonly pool: readonly Candidate[]
  /** Index into `pool`. */
  readonly baseline?: number
  readonly space: Space
  /** What writes further prompts: a sensible choice, nothing, or these; paths of meta-prompts are absolute. */
  readonly proposers: 'auto' | 'none' | readonly ProposerSpecification[]
  /** The model that writes prompts, as written; absent where it is {@link model}. */
  readonly generator?: string
  readonly generatorSettings?: ModelSettings
  /** Texts that every prompt must keep. */
  readonly preserve?: readonly string[]
  /** What the task is about, in words. */
  readonly description?: string
  readonly budget: Omit<Budget, 'tokens'>
  /** What a recommended prompt keeps beside its score. */
  readonly constraints?: readonly Constraint[]
  /** Of the prompts that cannot be told apart from the best, which one is recommended; absent: the best itself. */
  readonly prefer?: Preference
  /** `auto`, `none`, or a model name or path. */
  readonly embedder: string
  /** What was learned on other tasks. */
  readonly prior?: LearnedPrior
  /** SHA-256 of everything scores depend on (examples, split, template, metric, model, sampling), not of pool or budget. */
  readonly fingerprint: string
  /** Things to tell the user that are no errors. */
  readonly warnings: readonly string[]
}
