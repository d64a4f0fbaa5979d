import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { root } from './support/docstring-examples.ts'
import { ENTRY_POINTS } from './support/run-example.ts'

/** What a page may load of them, packages of theirs included: nothing of these needs Node.js. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  'krige/surrogate': ['ml-matrix', 'pure-rand', 'zod'],
  'krige/acquisition': ['ml-matrix', 'pure-rand', 'zod'],
  'krige/policy': ['ml-matrix', 'pure-rand', 'zod'],
  'krige/study': ['ml-matrix', 'pure-rand', 'zod'],
  'krige/proposer': ['ml-matrix', 'pure-rand', 'zod'],
}

/** What takes long to load, and what not everybody installs. */
const HEAVY =
  /^(@observablehq|linkedom|d3|ai$|@ai-sdk|@huggingface|@xenova|@tensorflow|@energetic-ai|node-llama-cpp|hono|pg)/

async function bundle(entry: string, options: BuildOptions): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    outdir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    logLevel: 'silent',
    ...options,
  })
  return metafile!
}

/** The package that a file of a bundle belongs to. */
function packageOf(file: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
}

/** The packages that are loaded with an entry point, not later when they are needed. */
async function loadedBy(entry: string): Promise<string[]> {
  const { inputs } = await bundle(entry, { platform: 'node', packages: 'external' })
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const { path, kind, external } of inputs[file]?.imports ?? []) {
      if (kind === 'dynamic-import') continue
      if (external) packages.add(path)
      else visit(path)
    }
  }
  visit(entry)
  return [...packages]
}

describe('entry points', () => {
  it('are those of the package', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const built = Object.entries(ENTRY_POINTS).map(([name, file]) => [
      name.replace('krige', '.'),
      file.replace(/^src/, './dist').replace(/ts$/, 'js'),
    ])
    const { './package.json': _, ...modules } = exports
    expect(modules).toEqual(Object.fromEntries(built))
  })

  it.each(Object.entries(PURE))(
    '%s bundles for a browser, with no other package than it needs',
    async (name, allowed) => {
      const { inputs } = await bundle(ENTRY_POINTS[name]!, { platform: 'browser' })
      const packages = new Set(Object.keys(inputs).flatMap((file) => packageOf(file) ?? []))
      expect([...packages].filter((one) => !allowed.includes(one))).toEqual([])
    },
  )

  it.each(['krige', 'krige/run', 'krige/server', 'krige/testing', 'krige/bench', ...Object.keys(PURE)])(
    '%s loads nothing heavy before it is needed',
    async (name) => {
      const packages = await loadedBy(ENTRY_POINTS[name]!)
      expect(packages.filter((one) => HEAVY.test(one) && !(name === 'krige/server' && /hono/.test(one)))).toEqual([])
    },
  )

  it('notices what is loaded, and what is not', async () => {
    expect(await loadedBy(ENTRY_POINTS['krige/report']!)).toEqual(
      expect.arrayContaining(['@observablehq/plot', 'linkedom']),
    )
    expect(await loadedBy(ENTRY_POINTS['krige']!)).toContain('zod')
  })
})
