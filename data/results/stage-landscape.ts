/**
 * `node data/results/stage-landscape.ts [SEEDS] [CALLS] [FIRST]`: searches that rewrite a program of five stages, two of which
 * are to blame. With credit, with every stage in turn, and with the culprits told, the bound. Printed are scores, and
 * the share of drafts that go to the culprits after 200 evaluations.
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
const first = Number(process.argv[4] ?? 1)

/** Without credit: no stages are known, and each generation rewrites the next one of these. */
function inTurn(landscape: StageLandscape, order: readonly string[]) {
  const { stages: _, children, ...rest } = landscape
  let turn = 0
  return {
    ...rest,
    children: (parents: Parameters<typeof children>[0], count: number, asked?: Parameters<typeof children>[2]) =>
      children(parents, count, { ...asked, slot: order[turn++ % order.length]! }),
  }
}

const ARMS = {
  credit: (landscape: StageLandscape) => landscape,
  'in turn': (landscape: StageLandscape) => inTurn(landscape, LANDSCAPE_STAGES),
  'culprits told': (landscape: StageLandscape) => inTurn(landscape, landscape.culprits),
}

for (const [arm, prepare] of Object.entries(ARMS)) {
  const withCredit = arm === 'credit'
  const means = new Float64Array(Math.floor(calls / EVERY))
  let [toCulprits, later] = [0, 0]
  for (let seed = first; seed < first + seeds; seed++) {
    const landscape = createStageLandscape(seed)
    const options = { calls, every: EVERY, seed, backend: benchBackend() }
    const { scores, proposals } = await searchLandscape(prepare(landscape), createKrigePolicy, options)
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
  process.stdout.write(`${arm}: mean score every ${EVERY} calls ${row}\n`)
  if (withCredit) {
    const share = (100 * toCulprits) / Math.max(1, later)
    process.stdout.write(`after ${LEARNED} evaluations ${share.toFixed(1)}% of ${later} drafts go to the culprits\n`)
  }
}
