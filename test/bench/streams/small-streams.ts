import { createRandom } from '../../../src/numerics/random/index.ts'

/** A stream whose prompts get better with a word in their instruction; the later half is measured on a third only. */
export function streamDocument(prompts = 40, examples = 30, seed = 1) {
  const random = createRandom(seed)
  const rows = Array.from({ length: prompts }, (_, index) => {
    const quality = index % 4
    const count = index % 2 === 1 && quality < 3 ? examples / 3 : examples
    const scores = Array.from({ length: examples }, (_, example) =>
      example < count ? (random.uniform() < 0.3 + 0.18 * quality ? '1' : '0') : '-',
    )
    const instruction = `${['Guess', 'Label', 'Classify', 'Reason, then classify'][quality]} the ticket, please (${index}).`
    return { prompt: { id: `p${index}`, text: instruction, slots: { instruction } }, scores: scores.join('') }
  })
  return {
    format: 'stream/1',
    task: 'tickets',
    model: 'made-up',
    examples,
    prompts: rows.map(({ prompt }) => prompt),
    scores: rows.map(({ scores }) => scores),
  }
}
