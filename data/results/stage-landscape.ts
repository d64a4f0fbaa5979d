/**
 * `node data/results/stage-landscape.ts [SEEDS] [CALLS]`: searches that rewrite a program of five stages, two of which are to
 * blame. With credit, and with every stage in turn: scores, and the share of drafts that go to the culprits after 200
 * evaluations.
 *
 * @module
 */
import { searchLandscape } from '../../src/bench/landscape/search-landscape.ts'
import {
  createStageLandscape,
  LANDSCAPE_STAGES,
  type StageLandscape,
} from '../../src/bench/landscape/stage-landscape.ts'
import { benchBackend } from '../../src/bench/tables/bench-backend.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'

const EVERY = 100
const LEARNED = 200
const seeds = Number(process.argv[2] ?? 12)
const calls = Number(process.argv[3] ?? 600)

/** Without credit: no stages are known, and each generation rewrites the next one. */
function inTurn(landscape: StageLandscape) {
  const { stages: _, children, ...rest } = landscape
  let turn = 0
  return {
    ...rest,
    children: (parents: Parameters<typeof children>[0], count: number, asked?: Parameters<typeof children>[2]) =>
      children(parents, count, { ...asked, slot: LANDSCAPE_STAGES[turn++ % LANDSCAPE_STAGES.length]! }),
  }
}

for (const withCredit of [true, false]) {
  const means = new Float64Array(Math.floor(calls / EVERY))
  let [toCulprits, later] = [0, 0]
  for (let seed = 1; seed <= seeds; seed++) {
    const landscape = createStageLandscape(seed)
    const options = { calls, every: EVERY, seed, backend: benchBackend() }
    const searched = withCredit ? landscape : inTurn(landscape)
    const { scores, proposals } = await searchLandscape(searched, createKrigePolicy, options)
    scores.forEach((score, k) => {
      means[k]! += score / seeds
    })
    let [own, all] = [0, 0]
    for (const { slot, count, evaluations } of proposals) {
      if (slot === undefined || evaluations < LEARNED) continue
      all += count
      if (landscape.culprits.includes(slot)) own += count
    }
    toCulprits += own
    later += all
    const share = withCredit ? `, ${own} of ${all} later drafts to ${landscape.culprits.join(' and ')}` : ''
    process.stderr.write(
      `seed ${seed}: ${landscape.expectedScore(landscape.start).toFixed(3)} to ${scores.at(-1)?.toFixed(3)}${share}\n`,
    )
  }
  const row = Array.from(means, (mean) => mean.toFixed(3)).join(' ')
  process.stdout.write(`${withCredit ? 'credit' : 'in turn'}: mean score every ${EVERY} calls ${row}\n`)
  if (withCredit) {
    const share = (100 * toCulprits) / Math.max(1, later)
    process.stdout.write(`after ${LEARNED} evaluations ${share.toFixed(1)}% of ${later} drafts go to the culprits\n`)
  }
}
