import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Backend, createWasmBackend, type Matrix, type Workspace } from '../../src/numerics/linalg/index.ts'
import type { HelperTask } from '../../src/numerics/linalg/wasm/help.ts'
import type { StartHelper } from '../../src/numerics/linalg/wasm/helped-kernels.ts'
import type { Simd } from '../../src/numerics/linalg/wasm/kernels.ts'
import { FAILED, HELPED, LEFT, openControl, READY, STATE } from '../../src/numerics/linalg/wasm/shared-step.ts'
import { createRandom } from '../../src/numerics/random/index.ts'
import { fitProcess } from '../../src/surrogate/gaussian-process/fit-process.ts'
import { cubePriors, startingModel } from '../../src/surrogate/gaussian-process/index.ts'
import { matern52 } from '../../src/surrogate/kernels/matern.ts'
import { scale } from '../../src/surrogate/kernels/scale.ts'
import { points } from '../../src/surrogate/points.ts'
import { linalgConformance } from '../../src/testing/linalg-conformance.ts'
import { openThreadedBackend, startHelper } from '../../src/threads/open-threaded-backend.ts'

/** A backend with a helper, and what is known of it. */
function helped(options: { readonly simd?: Simd; readonly start?: StartHelper } = {}) {
  const tasks: HelperTask[] = []
  const backend = createWasmBackend({
    ...(options.simd && { simd: options.simd }),
    initialMemory: 0,
    startHelper: (task) => {
      tasks.push(task)
      ;(options.start ?? startHelper)(task)
    },
  })
  const word = (index: number) => {
    const task = tasks.at(-1)
    return task ? Atomics.load(openControl(task.memory).words, index) : 0
  }
  const reaches = async (state: number) => {
    // A helper that has left was ready before: who looks late misses that.
    const passed = () => word(STATE) === state || (state === READY && word(STATE) === LEFT)
    while (!passed()) await new Promise((wait) => setTimeout(wait, 5))
  }
  return { backend, tasks, reaches, units: () => word(HELPED) }
}

/** Asks for something large, so that the helper is called for, and waits until it is there. */
async function withHelper(options: Parameters<typeof helped>[0] = {}) {
  const team = helped(options)
  factorLarge(team.backend)
  await team.reaches(READY)
  return team
}

function fill(matrix: Matrix, seed: number): Matrix {
  const random = createRandom(seed)
  const { data } = matrix
  for (let i = 0; i < data.length; i++) data[i] = random.normal()
  return matrix
}

/** A positive definite matrix. */
function gram(backend: Backend, workspace: Workspace, n: number, seed: number): Matrix {
  const a = workspace.matrix(n, n)
  backend.squaredDistances(fill(workspace.matrix(n, 5), seed), a)
  backend.kernelFill({ family: 'matern32', squaredDistances: a, out: a })
  for (let i = 0; i < n; i++) a.data[i * a.stride + i]! += 0.1
  return a
}

function factorLarge(backend: Backend, n = 400): Float64Array {
  return backend.scope((workspace) => {
    const a = gram(backend, workspace, n, 1)
    backend.cholesky(a)
    return a.data.slice()
  })
}

const bits = (values: Float64Array) => new BigInt64Array(values.slice().buffer)

/** As comparing their bits, for millions of numbers. */
function areSameBits(a: Float64Array, b: Float64Array): boolean {
  const [left, right] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  )
  return Buffer.compare(left!, right!) === 0
}

/** Everything that two threads share, at random sizes and places; all numbers that come out of it. */
function computeAll(backend: Backend, [m, n, k, seed]: readonly [number, number, number, number]): Float64Array[] {
  return backend.scope((workspace) => {
    const out: Float64Array[] = []
    const window = (rows: number, columns: number, shift: number) =>
      fill(workspace.matrix(rows + 3, columns + 5), seed + shift).view(1, 2, rows, columns)
    const keep = (matrix: Matrix) => {
      for (let i = 0; i < matrix.rows; i++) {
        out.push(matrix.data.slice(i * matrix.stride, i * matrix.stride + matrix.columns))
      }
    }
    const c = window(m, n, 1)
    backend.gemm(window(m, k, 2), window(k, n, 3), c, { alpha: 1.5, beta: 1 })
    keep(c)
    const d = window(m, n, 4)
    backend.gemm(window(k, m, 5), window(n, k, 6), d, { transposeA: true, transposeB: true })
    keep(d)
    const e = window(n, n, 7)
    backend.syrk(window(n, k, 8), e, { alpha: -0.5, beta: 2 })
    keep(e)
    const f = window(n, n, 8)
    backend.syrk(window(n, k, 8), f, { triangle: 'full' })
    keep(f)
    const a = gram(backend, workspace, n, seed)
    keep(a)
    const l = workspace.matrix(n, n)
    backend.cholesky(a, { out: l })
    keep(l)
    const sides = window(n, m, 9)
    backend.trsm(l, sides)
    keep(sides)
    backend.trsm(l, sides, { transpose: true })
    keep(sides)
    const inverse = workspace.matrix(n, n)
    backend.inverseFromFactor(l, inverse)
    keep(inverse)
    return out
  })
}

describe('two threads', () => {
  for (const simd of ['relaxed', 'simd128'] as const) {
    it(`give bit for bit what one gives, ${simd}`, { timeout: 60_000 }, async () => {
      const one = createWasmBackend({ simd, initialMemory: 0 })
      const two = await withHelper({ simd })
      const size = fc.integer({ min: 200, max: 560 })
      fc.assert(
        fc.property(fc.tuple(size, size, size, fc.nat(1000)), (shape) => {
          const [expected, actual] = [computeAll(one, shape), computeAll(two.backend, shape)]
          expect(expected.findIndex((values, row) => !areSameBits(values, actual[row]!))).toBe(-1)
        }),
        { numRuns: 6 },
      )
      expect(two.units()).toBeGreaterThan(50)
    })
  }

  it('find the pivot that one finds, and take the same jitter', async () => {
    const one = createWasmBackend()
    const { backend: two } = await withHelper()
    for (const row of [3, 119, 120, 399]) {
      const attempt = (backend: Backend, maximumJitter: number) =>
        backend.scope((workspace) => {
          const a = gram(backend, workspace, 400, 2)
          a.data[row * a.stride + row] = -1
          try {
            return backend.cholesky(a, { maximumJitter })
          } catch (error) {
            return (error as Error).message
          }
        })
      expect(attempt(two, 0)).toEqual(attempt(one, 0))
      expect(attempt(two, 0)).toMatch(/^pivot \d+ is -/)
      expect(attempt(two, 100)).toEqual(attempt(one, 100))
    }
  })

  it('fit the same model to the same data and predict the same', { timeout: 60_000 }, async () => {
    const random = createRandom('same')
    const n = 420
    const x = Float64Array.from({ length: n * 3 }, () => random.uniform())
    const targets = Float64Array.from({ length: n }, (_, i) => Math.sin(5 * x[3 * i]!) + 0.1 * random.normal())
    const priors = cubePriors(3)
    const starts = [startingModel(scale(matern52({ lengthScales: [0.5, 0.5, 0.5] })), priors)]
    const fit = (backend: Backend) => {
      const data = { points: points(x, 3), targets }
      const { model, process } = fitProcess(data, { priors, starts, maxIterations: 5 }, backend)
      const { mean, variance } = process.posterior(
        points(
          x.slice(0, 90).map((value) => value + 0.01),
          3,
        ),
      )
      return JSON.stringify([model, [...mean], [...variance]])
    }
    const two = await withHelper()
    expect(fit(two.backend)).toBe(fit(createWasmBackend()))
    expect(two.units()).toBeGreaterThan(50)
  })

  describe('meet what every backend owes', () => {
    const sizes = { everySizeUpTo: 12, someSizesUpTo: 600 }
    let shared: ReturnType<typeof withHelper> | undefined
    const checks = linalgConformance(async () => {
      shared ??= withHelper()
      return (await shared).backend
    }, sizes)
    for (const { name, run } of checks) it(name, run)
  })
})

describe('a helper', () => {
  it('that is not there is not waited for', async () => {
    const expected = factorLarge(createWasmBackend())
    const never = helped({ start: () => {} })
    const refused = helped({
      start: () => {
        throw new Error('no threads here')
      },
    })
    for (const { backend, tasks, units } of [never, refused]) {
      for (let round = 0; round < 3; round++) expect(bits(factorLarge(backend))).toEqual(bits(expected))
      expect(tasks).toHaveLength(1)
      expect(units()).toBe(0)
    }
  })

  it('is not called for what is small', () => {
    const { backend, tasks } = helped()
    factorLarge(backend, 150)
    expect(tasks).toEqual([])
  })

  it('that breaks down in the middle fails that call, and no later one', async () => {
    // A module without functions: the first unit that it claims ends it.
    const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))
    const { backend, reaches } = await withHelper({ start: (task) => startHelper({ ...task, module: empty }) })
    let message = ''
    for (let round = 0; round < 200 && message === ''; round++) {
      try {
        factorLarge(backend)
      } catch (error) {
        message = (error as Error).message
      }
    }
    expect(message).toMatch(/the thread that helps with \w+ broke down/)
    await reaches(FAILED)
    expect(bits(factorLarge(backend))).toEqual(bits(factorLarge(createWasmBackend())))
  })

  it('leaves when nothing is asked of it, and another one comes when something is', async () => {
    const team = await withHelper({ start: (task) => startHelper({ ...task, idleMilliseconds: 30 }) })
    await team.reaches(LEFT)
    const expected = factorLarge(createWasmBackend())
    expect(bits(factorLarge(team.backend))).toEqual(bits(expected))
    expect(team.tasks).toHaveLength(2)
    await team.reaches(READY)
  })

  it('keeps no process alive, asleep or at work', () => {
    const door = resolve(import.meta.dirname, '../../src/threads/open-threaded-backend.ts')
    const script = `
      import { openThreadedBackend } from ${JSON.stringify(door)}
      const backend = await openThreadedBackend('wasm', { threads: 2 })
      const a = backend.workspace().matrix(600, 600)
      for (let i = 0; i < 600; i++) a.data[i * 601] = 1
      const until = performance.now() + 400
      while (performance.now() < until) backend.cholesky(a)
      console.log('computed')`
    const started = performance.now()
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect(stderr).toBe('')
    expect([status, stdout]).toEqual([0, 'computed\n'])
    // It would sleep for five seconds.
    expect(performance.now() - started).toBeLessThan(4500)
  })
})

describe('openThreadedBackend', () => {
  it('opens every backend by its name', async () => {
    expect((await openThreadedBackend()).name).toBe('wasm')
    expect((await openThreadedBackend('wasm-simd128', { threads: 2 })).accuracy.statement).toContain('same bits')
    expect((await openThreadedBackend('js')).name).toBe('js')
    await expect(openThreadedBackend('blas')).rejects.toThrow('backend is blas')
  })
})
