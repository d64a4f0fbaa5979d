/**
 * What explores better on a noisy table: a language model that is shown what was measured and picks the next prompt,
 * the surrogate, or chance? All measure five examples at a time and have the same budget. One rule judges them: the
 * prompt that the krige model puts first after what they measured. Beside it, how well the language model predicts
 * scores that it is not shown (calibrated leave-one-out).
 *
 *     node data/results/language-model-picks.ts data/instruct/ticket-triage.qwen2.5-coder-1.5b-instruct.json.gz \
 *       --model gguf:qwen2.5-coder-1.5b-instruct --picks 20 --repeats 4
 *
 * @module
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mean, sampleStandardDeviation } from 'simple-statistics'
import { benchBackend } from '../../src/bench/tables/bench-backend.ts'
import { replay, type ShuffledTable, shuffleTable } from '../../src/bench/tables/replay.ts'
import { deriveSeed } from '../../src/bench/tables/seeds.ts'
import { normalizedError, searchMeans } from '../../src/bench/tables/truth.ts'
import { openTextModel } from '../../src/evaluation/models/open-text-model.ts'
import type { TextModel } from '../../src/evaluation/text-model.ts'
import { createObservationLog } from '../../src/history/observation-log.ts'
import { createRandom } from '../../src/numerics/random/random.ts'
import { rankCorrelation } from '../../src/numerics/special/rank-correlation.ts'
import { createKrigePolicy } from '../../src/policy/krige.ts'
import type { PolicyContext } from '../../src/policy/policy.ts'
import { candidateText } from '../../src/prompt/candidate.ts'
import { cellOf } from '../../src/recording/table.ts'
import { calibratedGuesses } from '../../src/surrogate/language-model/calibrated-guesses.ts'
import { type MeasuredText, readScore, scoreQuestion } from '../../src/surrogate/language-model/in-context.ts'
import { openTables } from './open-tables.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'gguf:qwen2.5-coder-1.5b-instruct' },
    models: { type: 'string', default: join(homedir(), '.cache', 'krige', 'models') },
    picks: { type: 'string', default: '20' },
    repeats: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    guesses: { type: 'string', default: '1' },
  },
})

const BLOCK = 5
const SHOWN = 160
const picks = Number(values.picks)
const backend = benchBackend()
const table = (await openTables(positionals))[0]!
const truth = searchMeans(table)
const model = await openTextModel(values.model, {
  modelsFolder: values.models,
  environment: process.env,
  folder: process.cwd(),
  threads: Number(values.threads),
  withoutKeys: false,
  onNotice: (notice: string) => process.stderr.write(`${notice}\n`),
  settings: {},
})

/** Measures block by block what `pick` names, on each prompt's next examples. */
async function explore(
  shuffled: ShuffledTable,
  pick: (right: Float64Array, measured: Float64Array) => Promise<number> | number,
) {
  const { pool, promptOrder, exampleOrder } = shuffled
  const right = new Float64Array(pool.length)
  const measured = new Float64Array(pool.length)
  const observations = createObservationLog()
  for (let k = 0; k < picks; k++) {
    const candidate = await pick(right, measured)
    for (let n = 0; n < BLOCK && measured[candidate]! < exampleOrder.length; n++) {
      const example = measured[candidate]!
      const score = cellOf(table, promptOrder[candidate]!, exampleOrder[example]!)
      observations.append({ candidate, example, repeat: 0, score: Number.isNaN(score) ? null : score })
      right[candidate]! += Number.isNaN(score) ? 0 : score
      measured[candidate]!++
    }
  }
  return observations
}

/** The texts come first, so that a local model reads them once. */
async function ask(
  model: TextModel,
  shuffled: ShuffledTable,
  right: Float64Array,
  measured: Float64Array,
): Promise<number | undefined> {
  const texts = shuffled.pool.map(({ candidate }, i) => {
    const text = candidateText(candidate).replace(/\s+/g, ' ')
    return `${i + 1}. ${JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text)}`
  })
  const head = `We look for the best of ${texts.length} prompts. Measuring is noisy and we may do it ${picks} times, ${BLOCK} examples each.\n\n${texts.join('\n')}\n\n`
  const results = [...measured.keys()]
    .filter((i) => measured[i]! > 0)
    .map((i) => `Prompt ${i + 1}: ${right[i]} of ${measured[i]} right`)
  const prompt = `${head}Measured so far:\n${results.join('\n') || 'nothing'}\n\nWhich prompt should be measured next, to find the best one? Answer with its number only.`
  const answer = await model.generate({
    prompt,
    prefixLength: head.length,
    sampling: { temperature: 0, maxOutputTokens: 4, stop: ['\n'] },
  })
  const number = answer.kind === 'text' ? Number(/\d+/.exec(answer.text)?.[0]) : Number.NaN
  return number >= 1 && number <= shuffled.pool.length ? number - 1 : undefined
}

/** What the language model says of each text, shown the scores of the others. */
async function guessEach(model: TextModel, measured: readonly MeasuredText[]): Promise<(number | undefined)[]> {
  const guesses: (number | undefined)[] = []
  for (const { text } of measured) {
    const others = measured.filter((other) => other.text !== text)
    const sampling = { temperature: 0, maxOutputTokens: 6, stop: ['\n'], seed: 1 }
    const answer = await model.generate({ prompt: scoreQuestion(others, text), sampling })
    guesses.push(answer.kind === 'text' ? readScore(answer.text) : undefined)
  }
  return guesses
}

interface Exploration {
  readonly error: number
  readonly tried: number
  readonly most: number
  readonly unread: number
}

const outcomes: Record<string, Exploration[]> = { 'language model': [], krige: [], chance: [] }
const predictions: { readonly guess: number | null; readonly calibrated: number }[] = []
for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
  const shuffled = shuffleTable(table, deriveSeed(Number(values.seed), table.name, repeat, 'deck'), [])
  const seed = deriveSeed(Number(values.seed), table.name, repeat)
  const budget = picks * BLOCK
  const context: PolicyContext = {
    seed,
    space: {},
    exampleCount: table.searchExamples,
    evaluationBudget: budget,
    estimand: 'set',
    backend,
    options: { block: BLOCK },
  }
  const judge = (name: string, observations: ReturnType<typeof createObservationLog>, unread = 0) => {
    const state = { pool: shuffled.pool, observations, pending: [], fits: [], evaluationsLeft: 0 }
    const chosen = createKrigePolicy(context).recommend(state)!.candidate
    const counts = new Float64Array(shuffled.pool.length)
    for (let k = 0; k < observations.length; k++) counts[observations.candidate(k)]!++
    outcomes[name]!.push({
      error: normalizedError(truth, shuffled.promptOrder[chosen]!),
      tried: counts.filter((count) => count > 0).length,
      most: Math.max(...counts) / observations.length,
      unread,
    })
  }
  const random = createRandom(seed).split('picks')
  judge('chance', await explore(shuffled, () => random.integer(shuffled.pool.length)))
  const played = replay(createKrigePolicy, shuffled, { budget, seed, backend, options: { block: BLOCK } })
  judge('krige', played.observations as ReturnType<typeof createObservationLog>)
  let unread = 0
  const asked = await explore(shuffled, async (right, measured) => {
    const named = await ask(model, shuffled, right, measured)
    if (named !== undefined) return named
    unread++
    return random.integer(shuffled.pool.length)
  })
  judge('language model', asked, unread)
  process.stderr.write(
    `repeat ${repeat + 1}: ${JSON.stringify(Object.fromEntries(Object.entries(outcomes).map(([name, all]) => [name, all.at(-1)])))}\n`,
  )

  if (repeat < Number(values.guesses)) {
    // Every prompt on ten examples, each guessed without its own score.
    const seen = shuffled.pool.map(({ candidate }, i) => {
      const scores = Array.from({ length: 10 }, (_, e) =>
        cellOf(table, shuffled.promptOrder[i]!, shuffled.exampleOrder[e]!),
      )
      return { text: candidateText(candidate), mean: mean(scores), count: 10 }
    })
    const guesses = await guessEach(model, seen)
    const kept = guesses.flatMap((guess, i) => (guess === undefined ? [] : [{ i, guess }]))
    const real = kept.map(({ i }) => truth[shuffled.promptOrder[i]!]!)
    const { slope } = calibratedGuesses(
      {
        guesses: Float64Array.from(kept, ({ guess }) => guess),
        scores: Float64Array.from(kept, ({ i }) => seen[i]!.mean),
        variances: Float64Array.from(kept, ({ i }) => Math.max(0.02, seen[i]!.mean * (1 - seen[i]!.mean)) / 10),
      },
      backend,
    )
    predictions.push({
      guess: rankCorrelation(
        kept.map(({ guess }) => guess),
        real,
      ),
      calibrated: slope,
    })
  }
}
await model.close()

process.stdout.write(
  `${table.name}, ${picks} picks of ${BLOCK} examples, ${values.repeats} repeats, ${values.model}\n\n`,
)
process.stdout.write(
  '| who picks | error | prompts tried | share of the most picked | answers without a number |\n| --- | --- | --- | --- | --- |\n',
)
for (const [name, all] of Object.entries(outcomes)) {
  const errors = all.map(({ error }) => error)
  const spread = errors.length > 1 ? sampleStandardDeviation(errors) / Math.sqrt(errors.length) : 0
  process.stdout.write(
    `| ${name} | ${mean(errors).toFixed(3)} ± ${spread.toFixed(3)} | ${mean(all.map(({ tried }) => tried)).toFixed(1)} | ${mean(all.map(({ most }) => most)).toFixed(2)} | ${mean(all.map(({ unread }) => unread)).toFixed(1)} |\n`,
  )
}
for (const { guess, calibrated } of predictions) {
  process.stdout.write(
    `\nguesses of scores not shown: rank correlation ${guess?.toFixed(2) ?? 'none'}, calibrated slope ${calibrated.toFixed(2)}\n`,
  )
}
