/**
 * What one machine does with very many candidates and observations:
 *
 *     npm run bench:scale -- [--only fit,errors,pool,loss] [--candidates N] [--json FILE]
 *
 * Under five minutes and 4 GB on two quiet cores.
 *
 * @module
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { screeningLoss, timeOfProposals } from './pool.ts'
import { errors, timeOfFit } from './sparse.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'pool,fit,errors,loss' },
    candidates: { type: 'string', default: '1000000' },
    json: { type: 'string' },
  },
})
const backend = createBackend()
const works: Readonly<Record<string, () => unknown>> = {
  pool: () => timeOfProposals(Number(values.candidates), 30, backend),
  fit: () => timeOfFit(backend),
  errors: () => [...errors(backend, 6, 6, [256, 512, 1024]), ...errors(backend, 64, 8, [256, 512, 1024])],
  loss: () => screeningLoss(60, 2, backend),
}
const results: Record<string, unknown> = {}
for (const name of values.only.split(',')) {
  const work = works[name]
  if (!work) throw new Error(`--only has ${name}; expected some of ${Object.keys(works).join(', ')}`)
  results[name] = work()
  process.stdout.write(`${name} ${JSON.stringify(results[name], null, 1)}\n`)
}
if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 1)}\n`)
