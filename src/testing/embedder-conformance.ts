import type { Embedder } from '../embedding/embedder.ts'
import { KrigeError } from '../errors.ts'
import { type ConformanceCheck, require, requireAllClose, requireClose } from './conformance.ts'

const TEXTS = [
  'Name the label of the ticket.',
  'Say which label the ticket has.',
  'Write a sad poem about the sea.',
  '请将工单分类。',
  'x',
  `${'Read the ticket with care. '.repeat(400)}Name its label.`,
]
/** What a model computes in batches of another size differs in its last digits. */
const TOLERANCE = 1e-5

/**
 * What an embedder owes. There is one unit vector per text, in order; equal texts get equal vectors, whatever stands beside
 * them; other texts get others; a signal that is aborted ends it.
 *
 * @param open Opens one; each check closes its own.
 * @example
 * for (const { name, run } of embedderConformance(async () => (await openEmbedder('auto'))!)) it(name, run)
 */
export function embedderConformance(open: () => Embedder | Promise<Embedder>): ConformanceCheck[] {
  const check = (name: string, work: (embedder: Embedder) => Promise<void>): ConformanceCheck => ({
    name,
    async run() {
      const embedder = await open()
      try {
        await work(embedder)
      } finally {
        await embedder.close()
      }
    },
  })
  return [
    check('names itself and its dimensions', async ({ id, dimensions }) => {
      require(id.trim() !== '', 'id is empty')
      require(Number.isInteger(dimensions) && dimensions > 0, `dimensions is ${dimensions}; expected a whole number`)
    }),
    check('gives one unit vector per text, in order', async (embedder) => {
      const vectors = await embedder.embed(TEXTS)
      require(vectors.length === TEXTS.length, `${vectors.length} vectors came for ${TEXTS.length} texts`)
      for (const [index, vector] of vectors.entries()) {
        require(vector.length === embedder.dimensions, `vectors[${index}] has ${vector.length} numbers`)
        requireClose(`the norm of vectors[${index}]`, Math.hypot(...vector), 1, 1e-6)
      }
      const [last] = await embedder.embed([TEXTS.at(-1)!])
      requireAllClose('the vector of the last text', vectors.at(-1)!, last!, TOLERANCE)
    }),
    check('gives equal texts equal vectors, whatever stands beside them', async (embedder) => {
      const [a, b] = [TEXTS[0]!, TEXTS[2]!]
      const vectors = await embedder.embed([a, b, a])
      requireAllClose('the vector of a text that came twice', vectors[2]!, vectors[0]!, 0)
      const [alone] = await embedder.embed([a])
      requireAllClose('the vector of a text alone', alone!, vectors[0]!, TOLERANCE)
    }),
    check('tells texts apart', async (embedder) => {
      const vectors = await embedder.embed(TEXTS.slice(0, 3))
      const distance = (a: Float64Array, b: Float64Array) => Math.hypot(...a.map((value, k) => value - b[k]!))
      require(distance(vectors[0]!, vectors[2]!) > 1e-3, 'two texts that say different things have one vector')
    }),
    check('takes no texts, and one that is empty', async (embedder) => {
      require((await embedder.embed([])).length === 0, 'vectors came for no text')
      const [empty] = await embedder.embed([''])
      require(empty!.every(Number.isFinite), 'the vector of an empty text is not finite')
    }),
    check('says how far it is', async (embedder) => {
      const seen: number[] = []
      await embedder.embed(TEXTS, { onProgress: (done) => seen.push(done) })
      require(seen.every((done, k) => k === 0 || done >= seen[k - 1]!), `progress went back: ${seen}`)
    }),
    check('ends when its signal is aborted', async (embedder) => {
      const fresh = TEXTS.map((text) => `${text} Once more.`)
      const thrown: unknown = await embedder.embed(fresh, { signal: AbortSignal.abort() }).then(
        () => undefined,
        (error: unknown) => error,
      )
      require(thrown instanceof KrigeError && thrown.code === 'interrupted', `aborted, it gave ${String(thrown)}`)
    }),
  ]
}
