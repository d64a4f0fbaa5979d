/**
 * A process that runs products and factorizations on the addon: `node worker.ts ADDON LIBRARY INPUTS`.
 *
 * @module
 */
import { createBackend, toArray } from '../../src/numerics/linalg/index.ts'
import { fillCovariance } from '../covariance.ts'
import { fillFactors, readInput, serve, type Task } from '../serve.ts'
import type { Work } from '../works.ts'
import { loadAddon } from './build.ts'

const [file = '', library = '', inputs = '.'] = process.argv.slice(2)
const addon = loadAddon(file)
if (!addon.open(library)) throw new Error(`${library} cannot be opened`)

function gemm({ size: n }: Work): Task {
  const [a, b, out] = [new Float64Array(n * n), new Float64Array(n * n), new Float64Array(n * n)]
  fillFactors(readInput(inputs, 'points-16.f64', n * 16), n, a, b)
  return {
    run() {
      addon.gemm(n, a, b, out)
      return out[n + 1]!
    },
  }
}

function cholesky({ size: n, dimension }: Work): Task {
  const backend = createBackend()
  const a = backend.scope((workspace) => {
    const matrix = workspace.matrix(n, n)
    fillCovariance(backend, workspace, readInput(inputs, `points-${dimension}.f64`, n * dimension), matrix)
    return toArray(matrix)
  })
  const out = new Float64Array(n * n)
  return {
    run() {
      out.set(a)
      if (addon.cholesky(n, out) !== 0) throw new Error('the matrix is not positive definite')
      return out[n * n - 1]!
    },
  }
}

await serve((work) => {
  if (work.kind === 'gemm') return gemm(work)
  return work.kind === 'cholesky' ? cholesky(work) : 'not its work'
})
