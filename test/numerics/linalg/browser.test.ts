import vm from 'node:vm'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { bundleCore, PREDICTION } from '../../support/core-bundle.ts'

describe('the numeric core in a browser', () => {
  it('bundles to at most 150 kB compressed, and computes without Node.js', async () => {
    const { code, fromNode } = await bundleCore({ withStudies: false })
    expect(fromNode).toEqual([])
    expect(gzipSync(code).length).toBeLessThanOrEqual(150_000)

    // A page: standard globals only. A real browser runs the same in test/faults/core-in-browser.test.ts.
    const page = vm.createContext({ WebAssembly, atob })
    const result: { name: string; mean: number } = JSON.parse(vm.runInContext(`${code};${PREDICTION}`, page))
    expect(result).toMatchObject({ name: 'wasm', process: 'undefined', require: 'undefined' })
    expect(result.mean).toBeCloseTo(1, 4)
  })

  it('bundles with studies to at most 200 kB compressed', async () => {
    const { code, fromNode } = await bundleCore()
    expect(fromNode).toEqual([])
    expect(gzipSync(code).length).toBeLessThanOrEqual(200_000)
  })
})
