import { describe, it } from 'vitest'
import { BENCH_POLICIES } from '../../../src/bench/methods/registry.ts'
import { benchBackend } from '../../../src/bench/tables/bench-backend.ts'
import { promptPolicyConformance } from '../../../src/testing/index.ts'

describe.each(BENCH_POLICIES.map((entry) => [entry.name, entry] as const))('policy %s', (_, { create }) => {
  for (const { name, run } of promptPolicyConformance(create, { backend: benchBackend() })) it(name, run)
})
