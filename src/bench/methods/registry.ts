import type { PolicyEntry } from '../../policy/policy-entry.ts'
import { POLICIES } from '../../policy/registry.ts'
import { capoRacingOptions, createCapoRacingPolicy } from './capo-racing.ts'
import { createHbbopsPolicy, hbbopsOptions } from './hbbops.ts'
import { createMiproTpePolicy, miproTpeOptions } from './mipro-tpe.ts'
import { createTripleGsePolicy, tripleGseOptions } from './triple-gse.ts'
import { createTripleShPolicy, tripleShOptions } from './triple-sh.ts'

/** Other people's methods, registered for benchmarks only, not for studies. */
export const METHODS: readonly PolicyEntry[] = [
  {
    name: 'triple-sh',
    summary: 'TRIPLE-SH (Shi et al. 2024): sequential halving, unpaired',
    create: createTripleShPolicy,
    options: tripleShOptions,
  },
  {
    name: 'triple-gse',
    summary: 'TRIPLE-GSE (Shi et al. 2024): successive elimination by reward models over embeddings',
    create: createTripleGsePolicy,
    options: tripleGseOptions,
  },
  {
    name: 'mipro-tpe',
    summary: 'MIPROv2 (Opsahl-Ong et al. 2024): TPE on minibatches',
    create: createMiproTpePolicy,
    options: miproTpeOptions,
  },
  {
    name: 'hbbops',
    summary: 'HbBoPs (Schneider et al. 2025): Hyperband with a deep-kernel Gaussian process',
    create: createHbbopsPolicy,
    options: hbbopsOptions,
  },
  {
    name: 'capo-racing',
    summary: 'CAPO (Zehle et al. 2025): racing on blocks by paired t-tests',
    create: createCapoRacingPolicy,
    options: capoRacingOptions,
  },
]

/** Everything a benchmark can run. */
export const BENCH_POLICIES: readonly PolicyEntry[] = [...POLICIES, ...METHODS]
