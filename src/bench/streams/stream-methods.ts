import { NO_OPTIONS, type PolicyEntry } from '../../policy/policy-entry.ts'
import { BENCH_POLICIES } from '../methods/registry.ts'
import { createAsItCamePolicy } from './as-it-came.ts'
import { createScreeningPolicy } from './screening.ts'

const COMPARATORS: readonly PolicyEntry[] = [
  {
    name: 'as-it-came',
    summary: 'every prompt in its order, on everything the run measured it on',
    create: (context) => createAsItCamePolicy(context),
    options: NO_OPTIONS,
  },
  {
    name: 'screening',
    summary: 'as it came, but of every ten prompts only the four whose texts promise most',
    create: createScreeningPolicy,
    options: NO_OPTIONS,
  },
]

/** Everything that `krige bench stream` can run. */
export const STREAM_METHODS: readonly PolicyEntry[] = [...BENCH_POLICIES, ...COMPARATORS]

/** Those that predict drafts before they are measured. */
export const PREDICTING_METHODS: ReadonlySet<string> = new Set(['krige', 'screening'])
