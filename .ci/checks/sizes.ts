/**
 * What a user pays in bytes: entry points in a browser's bundle, and an installation without the optional parts.
 *
 *     node .ci/checks/sizes.ts [NODE_MODULES]
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { finish } from './finish.ts'

/** Kilobytes, minified and compressed: a tenth above what they were when a limit was last set. */
const BUNDLES = [
  { import: '*', from: 'surrogate', limit: 126 },
  { import: '*', from: 'acquisition', limit: 27 },
  { import: '*', from: 'study', limit: 210 },
  { import: '*', from: 'policy', limit: 182 },
  // What is not used is left out.
  { import: '{ matern52 }', from: 'surrogate', limit: 2.8 },
  { import: '{ logExpectedImprovement }', from: 'acquisition', limit: 1.7 },
]

/** All that a bundle of the pure rooms may take from others: no model, no SQL, no inference. */
const LIBRARIES = new Set(['ml-matrix', 'pure-rand', 'zod'])

/** Megabytes of files of `npm install krige --omit=optional`, dependencies included. */
const LARGEST_INSTALLATION = 25

const root = join(import.meta.dirname, '../..')
const problems: string[] = []
for (const { import: names, from, limit } of BUNDLES) {
  const file = JSON.stringify(join(root, 'dist', from, 'index.js'))
  const use = names === '*' ? `export * from ${file}` : `export ${names} from ${file}`
  const { outputFiles, metafile } = await build({
    stdin: { contents: use, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  })
  const kilobytes = gzipSync(outputFiles[0]!.contents).length / 1000
  const line = `${names} from krige/${from}: ${kilobytes.toFixed(1)} kB of ${limit}`
  process.stdout.write(`${line}\n`)
  const libraries = Object.keys(metafile.inputs).flatMap((path) => /node_modules\/([^/]+)/.exec(path)?.[1] ?? [])
  for (const library of new Set(libraries)) {
    if (!LIBRARIES.has(library)) problems.push(`${names} from krige/${from} brings ${library}`)
  }
  if (kilobytes > limit) problems.push(`${line} is too large`)
}

const installed = process.argv[2]
if (installed !== undefined) {
  let bytes = 0
  for (const entry of readdirSync(installed, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size
  }
  const line = `npm install --omit=optional: ${(bytes / 1e6).toFixed(1)} MB of ${LARGEST_INSTALLATION}`
  process.stdout.write(`${line}\n`)
  if (bytes / 1e6 > LARGEST_INSTALLATION) problems.push(`${line} is too large`)
}
finish('sizes', problems)
