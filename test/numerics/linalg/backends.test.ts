import { describe, expect, it } from 'vitest'
import {
  BACKEND_NAMES,
  createBackend,
  createJsBackend,
  createWasmBackend,
  openBackend,
} from '../../../src/numerics/linalg/index.ts'
import { linalgConformance } from '../../../src/testing/linalg-conformance.ts'

// Every remainder of every block size lies below 280; the slow ones are factored at fewer sizes.
const sizes = { everySizeUpTo: 280, someSizesUpTo: 600 }
// No memory reserved: it grows, and moves, all the time.
const backends = {
  'wasm, relaxed SIMD': linalgConformance(() => createWasmBackend({ simd: 'relaxed', initialMemory: 0 }), sizes),
  'wasm, SIMD': linalgConformance(() => createWasmBackend({ simd: 'simd128', initialMemory: 0 }), sizes),
  js: linalgConformance(() => createJsBackend(), { everySizeUpTo: 140, someSizesUpTo: 600 }),
  'ml-matrix': linalgConformance(() => openBackend('ml-matrix'), { everySizeUpTo: 140 }),
  'tfjs on WebAssembly': linalgConformance(() => openBackend('tfjs-wasm'), { everySizeUpTo: 140 }),
}

for (const [name, checks] of Object.entries(backends)) {
  describe(`backend ${name}`, () => {
    for (const check of checks) it(check.name, check.run)
  })
}

describe('backends by name', () => {
  it('opens wasm unless another is named', async () => {
    expect(createBackend().name).toBe('wasm')
    expect((await openBackend()).name).toBe('wasm')
    expect((await openBackend('js')).name).toBe('js')
    expect((await openBackend('ml-matrix')).name).toBe('ml-matrix')
  })

  it('names the ones there are', async () => {
    expect(BACKEND_NAMES).toContain('tfjs-node')
    expect(() => createBackend('blas')).toThrow('backend is blas; expected one of wasm, wasm-simd128, js')
    expect(() => createBackend('ml-matrix')).toThrow('backend is ml-matrix')
    expect(() => createBackend('constructor')).toThrow('backend is constructor')
    await expect(openBackend('blas')).rejects.toThrow('backend is blas')
  })

  it('states its accuracy', async () => {
    expect((await openBackend('tfjs-wasm')).accuracy.arithmetic).toBe('float32')
    expect(createBackend('wasm-simd128').accuracy.statement).toContain('same bits')
  })
})
