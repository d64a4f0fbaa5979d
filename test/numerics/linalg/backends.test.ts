import { describe, it } from 'vitest'
import { createJsBackend, createWasmBackend } from '../../../src/numerics/linalg/index.ts'
import { linalgConformance } from '../../../src/testing/linalg-conformance.ts'

// No memory reserved: it grows, and moves, all the time.
const backends = {
  js: linalgConformance(() => createJsBackend()),
  'wasm, relaxed SIMD': linalgConformance(() => createWasmBackend({ simd: 'relaxed', initialMemory: 0 })),
  'wasm, SIMD': linalgConformance(() => createWasmBackend({ simd: 'simd128', initialMemory: 0 })),
}

for (const [name, checks] of Object.entries(backends)) {
  describe(`backend ${name}`, () => {
    for (const check of checks) it(check.name, check.run)
  })
}
