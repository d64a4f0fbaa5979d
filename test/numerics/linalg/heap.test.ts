import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { OutOfMemoryError } from '../../../src/errors.ts'
import { createWasmBackend } from '../../../src/numerics/linalg/index.ts'
import { createHeap } from '../../../src/numerics/linalg/wasm/heap.ts'

describe('heap', () => {
  it('hands out blocks that never overlap, and merges what comes back', () => {
    const commands = fc.array(
      fc.oneof(fc.record({ bytes: fc.integer({ min: 0, max: 5000 }) }), fc.record({ free: fc.nat({ max: 1000 }) })),
      { maxLength: 120 },
    )
    fc.assert(
      fc.property(commands, (list) => {
        const heap = createHeap(0)
        const held: { offset: number; bytes: number }[] = []
        for (const command of list) {
          if ('bytes' in command) held.push({ offset: heap.allocate(command.bytes), bytes: command.bytes })
          else if (held.length > 0) heap.free(held.splice(command.free % held.length, 1)[0]!.offset)
          const sorted = held.toSorted((a, b) => a.offset - b.offset)
          for (const [i, block] of sorted.entries()) {
            expect(block.offset % 64).toBe(0)
            expect(block.offset).toBeGreaterThanOrEqual(65536)
            const next = sorted[i + 1]
            if (next) expect(block.offset + Math.max(1, block.bytes)).toBeLessThanOrEqual(next.offset)
            expect(block.offset + block.bytes).toBeLessThanOrEqual(heap.memory.buffer.byteLength)
          }
        }
        for (const { offset } of held) heap.free(offset)
        expect(heap.used).toBe(0)
        // All of it is one piece again: the next block stands where the first one stood.
        expect(heap.allocate(64)).toBe(65536)
      }),
      { numRuns: 60 },
    )
  })

  it('uses freed memory again instead of growing', () => {
    const heap = createHeap(0)
    heap.free(heap.allocate(1_000_000))
    const size = heap.memory.buffer.byteLength
    for (let round = 0; round < 50; round++) heap.free(heap.allocate(1_000_000))
    expect(heap.memory.buffer.byteLength).toBe(size)
  })

  it('reserves memory when something is computed, not for every study that is opened', () => {
    const reserve = vi.spyOn(WebAssembly, 'Memory')
    try {
      const backend = createWasmBackend()
      expect(reserve).not.toHaveBeenCalled()
      using workspace = backend.workspace()
      workspace.matrix(2, 2)
      expect(reserve).toHaveBeenCalledOnce()
    } finally {
      reserve.mockRestore()
    }
  })

  it('refuses what does not fit into 2 GiB, and carries on', () => {
    const backend = createWasmBackend({ initialMemory: 0 })
    using workspace = backend.workspace()
    expect(() => workspace.matrix(20_000, 20_000)).toThrow(OutOfMemoryError)
    expect(() => workspace.matrix(20_000, 20_000)).toThrow(/3051\.8 MiB .* expected at most 2 GiB in all/)
    expect(workspace.matrix(2, 2).data).toEqual(new Float64Array(4))
  })

  it('refuses matrices of another backend and of a closed workspace', () => {
    const backend = createWasmBackend({ initialMemory: 0 })
    const other = createWasmBackend({ initialMemory: 0 }).workspace().matrix(2, 2)
    const workspace = backend.workspace()
    const own = workspace.matrix(2, 2)
    expect(() => backend.gemm(own, other, own)).toThrow('a matrix of another backend was passed')
    workspace[Symbol.dispose]()
    using next = backend.workspace()
    expect(() => backend.gemm(own, own, next.matrix(2, 2))).toThrow('after its workspace was disposed')
  })
})
