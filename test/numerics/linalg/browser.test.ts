import { resolve } from 'node:path'
import vm from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

/** What somebody would ask for in a browser: the numeric core and a surrogate on top of it. */
const ENTRY = `
export * from './src/numerics/linalg/index.ts'
export { gaussianProcess } from './src/surrogate/gaussian-process/gaussian-process.ts'
export { createPoolPosterior } from './src/surrogate/gaussian-process/pool-posterior.ts'
export { matern52 } from './src/surrogate/kernels/matern.ts'
export { points } from './src/surrogate/points.ts'
`

async function bundle(): Promise<string> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: ENTRY, resolveDir: resolve(import.meta.dirname, '../../..'), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    globalName: 'krige',
    // Loaded by name, and only when the TensorFlow.js backend is asked for.
    external: ['@tensorflow/*'],
  })
  const fromNode = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path }) => path.startsWith('node:'))
  expect(fromNode).toEqual([])
  return outputFiles[0]!.text
}

describe('the numeric core in a browser', () => {
  it('bundles to at most 150 kB compressed, and computes without Node.js', async () => {
    const code = await bundle()
    const size = gzipSync(code).length
    expect(size).toBeLessThanOrEqual(150_000)

    // A page: standard globals only.
    const page = vm.createContext({ WebAssembly, atob })
    const script = `${code}
      const backend = krige.createBackend()
      const data = { points: krige.points([[0], [0.5], [1]]), targets: Float64Array.of(0, 1, 0) }
      const model = { kernel: krige.matern52({ lengthScale: 0.3 }), observationNoise: 1e-6, mean: 'zero' }
      const { mean } = krige.gaussianProcess(model, data, backend).posterior(krige.points([[0.5]]))
      JSON.stringify({ name: backend.name, mean: mean[0], process: typeof process, require: typeof require })`
    const result: { name: string; mean: number } = JSON.parse(vm.runInContext(script, page))
    expect(result).toMatchObject({ name: 'wasm', process: 'undefined', require: 'undefined' })
    expect(result.mean).toBeCloseTo(1, 4)
  })
})
