import { resolve } from 'node:path'
import { build } from 'esbuild'

/** What somebody would ask for in a browser: the numeric core and a surrogate on top of it; with studies, or without. */
const STUDIES = `export { createStudy } from './src/study/index.ts'`
const CORE = `
export * from './src/numerics/linalg/index.ts'
export { gaussianProcess } from './src/surrogate/gaussian-process/gaussian-process.ts'
export { createPoolPosterior } from './src/surrogate/gaussian-process/pool-posterior.ts'
export { matern52 } from './src/surrogate/kernels/matern.ts'
export { points } from './src/surrogate/points.ts'
`

/** A script that predicts at the middle of three observations with `krige`, the bundle; its value is JSON. */
export const PREDICTION = `(() => {
  const backend = krige.createBackend()
  const data = { points: krige.points([[0], [0.5], [1]]), targets: Float64Array.of(0, 1, 0) }
  const model = { kernel: krige.matern52({ lengthScale: 0.3 }), observationNoise: 1e-6, mean: 'zero' }
  const { mean } = krige.gaussianProcess(model, data, backend).posterior(krige.points([[0.5]]))
  return JSON.stringify({ name: backend.name, mean: mean[0], process: typeof process, require: typeof require })
})()`

/** A script that searches four prompts with `krige`, the bundle, and ranks texts nobody measured; its value is JSON. */
export const SEARCH = `(() => {
  const pool = ['Write a poem.', 'Name the label.', 'Write a long poem.', 'Name the one label.']
  const study = krige.createStudy({ pool, exampleCount: 8, budget: { evaluations: 24 }, seed: 1 })
  for (let next = study.next(); next.kind === 'act'; next = study.next()) {
    const { id, candidate, examples } = next.action
    study.tell(id, examples.map(() => candidate.text.includes('label')))
  }
  const drafts = ['Write a short poem.', 'Name the label, please.']
  return JSON.stringify({
    best: study.recommend().winner.text,
    ranked: study.rank(drafts)[0].text,
    predicted: study.posterior(drafts).map(({ mean }) => mean),
    nearest: study.explain(1).nearest[0].candidate.text,
  })
})()`

export interface CoreBundle {
  /** A classic script that sets the global `krige`. */
  readonly code: string
  /** Modules of Node.js that it would import. */
  readonly fromNode: readonly string[]
}

/** The numeric core as a page would load it, minified. */
export async function bundleCore({ withStudies = true } = {}): Promise<CoreBundle> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: withStudies ? STUDIES + CORE : CORE,
      resolveDir: resolve(import.meta.dirname, '../..'),
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'error',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    globalName: 'krige',
    // Loaded by name, and only when the TensorFlow.js backend is asked for.
    external: ['@tensorflow/*'],
  })
  const fromNode = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports.map(({ path }) => path))
    .filter((path) => path.startsWith('node:'))
  return { code: outputFiles[0]!.text, fromNode }
}
