import { describe, expect, it } from 'vitest'
import { createObservationLog } from '../../../src/history/observation-log.ts'
import { createRandom } from '../../../src/numerics/random/index.ts'
import type { PoolEntry } from '../../../src/prompt/candidate.ts'
import { createDraftPredictor } from '../../../src/surrogate/prompt/draft-model.ts'
import { predictiveMean } from '../../../src/surrogate/prompt/predictive-mean.ts'
import { createPromptModel } from '../../../src/surrogate/prompt/prompt-model.ts'

const EXAMPLES = 40
const OPENINGS = ['Guess', 'Label', 'Classify', 'Weigh every folder, then classify']
const ENDINGS = ['Be brief.', 'Answer with one folder.', 'Think first.', 'Explain.', 'Never invent folders.']

function entry(index: number, embedded = false): PoolEntry & { readonly quality: number } {
  const opening = index % OPENINGS.length
  const ending = (index * 7) % ENDINGS.length
  const text = `${OPENINGS[opening]} the ticket${index % 3 === 0 ? ' below' : ''}. ${ENDINGS[ending]}`
  const quality = opening - 1.5 + (ending === 1 ? 0.5 : 0)
  const embedding = Float64Array.from([Math.cos(quality), Math.sin(quality)])
  return { candidate: { id: `${index}`, text: `${text} (${index})` }, quality, ...(embedded ? { embedding } : {}) }
}

function study(count: number, perPrompt = EXAMPLES, embedded = false) {
  const random = createRandom(3)
  const pool = Array.from({ length: count }, (_, index) => entry(index, embedded))
  const easiness = Array.from({ length: EXAMPLES }, () => random.normal())
  const log = createObservationLog()
  pool.forEach(({ quality }, candidate) => {
    for (let example = 0; example < perPrompt; example++) {
      const score = random.uniform() < 1 / (1 + Math.exp(-quality - easiness[example]!)) ? 1 : 0
      log.append({ candidate, example, repeat: 0, score })
    }
  })
  return { pool, log }
}

describe('createDraftPredictor', () => {
  const { pool, log } = study(30)
  const beliefs = createPromptModel(pool).fit(log, log.length)
  const model = createDraftPredictor().fit(pool, beliefs)!

  it('predicts new prompts in the order of how good their texts are, more surely than without texts', () => {
    const drafts = [40, 41, 42, 43].map((index) => entry(index))
    const predictions = drafts.map((draft) => model.predict(draft))
    for (let k = 1; k < drafts.length; k++) expect(predictions[k]!.mean).toBeGreaterThan(predictions[k - 1]!.mean)
    const stranger = model.predict({ candidate: { id: 'x', text: '12345 67890' } })
    for (const { variance } of predictions) expect(variance).toBeLessThan(stranger.variance)
  })

  it('is the same whatever was fitted before, and whatever else the pool holds', () => {
    const used = createDraftPredictor()
    const early = createPromptModel(pool).fit(log, 5 * EXAMPLES)
    used.fit(pool, early)
    const again = used.fit([...pool, entry(77)], createPromptModel([...pool, entry(77)]).fit(log, log.length))!
    const draft = entry(90)
    expect(again.predict(draft).mean).toBeCloseTo(model.predict(draft).mean, 3)
    expect(used.fit(pool, beliefs)!.predict(draft)).toEqual(model.predict(draft))
    expect(used.fit(pool, beliefs, model.parameters)!.predict(draft)).toEqual(model.predict(draft))
  })

  it('weighs a view that tells more over one that tells less', () => {
    const { pool: embedded, log: outcomes } = study(30, EXAMPLES, true)
    const { weights } = createDraftPredictor().fit(
      embedded,
      createPromptModel(embedded).fit(outcomes, outcomes.length),
    )!
    expect(weights['embedding']! + weights['embedding (linear)']!).toBeGreaterThan(weights['surface']!)
    expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9)
  })

  it('masks what a prompt lacks instead of dropping the view for all', () => {
    const { pool: embedded, log: outcomes } = study(30, EXAMPLES, true)
    const holed = embedded.map(({ candidate, embedding }, index) =>
      index === 4 ? { candidate } : { candidate, embedding: embedding! },
    )
    const fitted = createDraftPredictor().fit(holed, createPromptModel(holed).fit(outcomes, outcomes.length))!
    expect(Object.keys(fitted.weights)).toContain('embedding')
    for (const draft of [entry(61), entry(61, true)]) expect(Number.isFinite(fitted.predict(draft).mean)).toBe(true)
  })

  it('has nothing to say of too few prompts, or of prompts that all read the same', () => {
    expect(createDraftPredictor().fit(pool, createPromptModel(pool).fit(log, 2 * EXAMPLES))).toBeUndefined()
    const same = pool.map(({ candidate }) => ({ candidate: { id: candidate.id, text: 'One text.' } }))
    expect(createDraftPredictor().fit(same, createPromptModel(same).fit(log, log.length))).toBeUndefined()
  })

  it('survives prompts that never fail', () => {
    const perfect = createObservationLog()
    for (let candidate = 0; candidate < 8; candidate++) {
      for (let example = 0; example < 10; example++) perfect.append({ candidate, example, repeat: 0, score: 1 })
    }
    const sure = createPromptModel(pool).fit(perfect, perfect.length)
    const { mean, variance } = createDraftPredictor().fit(pool, sure)!.predict(entry(50))
    expect(Number.isFinite(mean) && variance > 0).toBe(true)
    const expected = predictiveMean(sure, mean, variance, [0, 1, 2])
    expect(expected.mean).toBeGreaterThan(0.7)
    expect(expected.mean).toBeLessThanOrEqual(1)
  })
})

describe('PromptModel.predict', () => {
  it('predicts texts outside the pool', () => {
    const { pool, log } = study(12)
    const model = createPromptModel(pool)
    const beliefs = model.fit(log, log.length)
    const [weak, strong] = model.predict(beliefs, [entry(40), entry(43)])!
    expect(strong!.mean).toBeGreaterThan(weak!.mean)
    expect(model.predict(model.fit(log, 0), [entry(40)])).toBeUndefined()
  })
})

describe('predictiveMean', () => {
  it('agrees with drawing abilities and outcomes', () => {
    const { pool, log } = study(6)
    const beliefs = createPromptModel(pool).fit(log, log.length)
    const examples = [0, 3, 7, 11, 20, 21]
    const { mean, standardDeviation } = predictiveMean(beliefs, 0.4, 0.8, examples)
    const random = createRandom(9)
    let sum = 0
    let squares = 0
    const draws = 40_000
    for (let draw = 0; draw < draws; draw++) {
      const f = 0.4 + Math.sqrt(0.8) * random.normal()
      let score = 0
      for (const example of examples) {
        const column = beliefs.outcomes.examples.indexOf(example)
        const b = beliefs.easiness[column]! + Math.sqrt(beliefs.easinessVariance[column]!) * random.normal()
        if (random.uniform() < 1 / (1 + Math.exp(-f - b))) score += 1 / examples.length
      }
      sum += score
      squares += score * score
    }
    expect(mean).toBeCloseTo(sum / draws, 1)
    expect(standardDeviation).toBeCloseTo(Math.sqrt(squares / draws - (sum / draws) ** 2), 1)
  })
})
