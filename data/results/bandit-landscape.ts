/**
 * `node data/results/bandit-landscape.ts [SEEDS] [CALLS]`: who writes, on the landscape of five stages: each of four proposers
 * alone, and the bandit over all. Mean over seeds of the expected score of the recommended prompt.
 *
 * @module
 */
import { searchLandscape } from '../../src/bench/landscape/search-landscape.ts'
import { createStageLandscape, LANDSCAPE_PROPOSERS } from '../../src/bench/landscape/stage-landscape.ts'
import { benchBackend } from '../../src/bench/tables/bench-backend.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'

const EVERY = 100
const seeds = Number(process.argv[2] ?? 8)
const calls = Number(process.argv[3] ?? 400)

for (const proposers of [...LANDSCAPE_PROPOSERS.map((name) => [name]), LANDSCAPE_PROPOSERS]) {
  const means = new Float64Array(Math.floor(calls / EVERY))
  const asked = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    const landscape = createStageLandscape(seed, { proposers })
    const options = { calls, every: EVERY, seed, backend: benchBackend() }
    const { scores, proposals } = await searchLandscape(landscape, createKrigePolicy, options)
    means.forEach((_, k) => {
      means[k]! += (scores[k] ?? scores.at(-1)!) / seeds
    })
    for (const { proposer, count } of proposals) asked.set(proposer, (asked.get(proposer) ?? 0) + count)
  }
  const row = Array.from(means, (mean) => mean.toFixed(3)).join(' ')
  const drafts = [...asked].map(([name, count]) => `${name} ${count}`).join(', ')
  process.stdout.write(
    `${proposers.length > 1 ? 'bandit' : proposers[0]}: every ${EVERY} calls ${row}; drafts: ${drafts}\n`,
  )
}
