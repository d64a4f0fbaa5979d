/**
 * `node data/results/landscape.ts [SEEDS] [CALLS] [DRAFTS]`: searches that write their prompts, on the generative landscape
 * with Universal Sentence Encoder lite. They go with and without screening, and in the rounds of a batch interface. An
 * outcome costs a call, and a call writes so many drafts at most; 1 by default.
 *
 * @module
 */
import { createGenerativeLandscape } from '../../src/bench/landscape/generative-landscape.ts'
import { searchLandscape } from '../../src/bench/landscape/search-landscape.ts'
import { benchBackend } from '../../src/bench/tables/bench-backend.ts'
import { openSentenceEncoder } from '../../src/embedding/sentence-encoder.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'

const EVERY = 25
const seeds = Number(process.argv[2] ?? 12)
const calls = Number(process.argv[3] ?? 400)
const draftsPerCall = Number(process.argv[4] ?? 1)
const encoder = await openSentenceEncoder()
const VARIANTS = { screened: {}, unscreened: { screening: false }, 'in batches of 200': { batch: 200 } }
for (const [name, policyOptions] of Object.entries(VARIANTS)) {
  const means = new Float64Array(Math.floor(calls / EVERY))
  for (let seed = 1; seed <= seeds; seed++) {
    const landscape = await createGenerativeLandscape(seed, (texts) => encoder.embed(texts), { draftsPerCall })
    const options = { calls, every: EVERY, seed, backend: benchBackend(), options: policyOptions }
    const { scores, drafts, measured } = await searchLandscape(landscape, createKrigePolicy, options)
    scores.forEach((score, k) => {
      means[k]! += score / seeds
    })
    const start = landscape.expectedScore(landscape.start).toFixed(3)
    process.stderr.write(
      `seed ${seed}: ${start} to ${scores.at(-1)?.toFixed(3)}, ${measured} of ${drafts} drafts measured\n`,
    )
  }
  const row = Array.from(means, (mean) => mean.toFixed(3)).join(' ')
  process.stdout.write(`${name}: mean score every ${EVERY} calls ${row}\n`)
}
await encoder.close()
