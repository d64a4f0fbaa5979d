import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * The rooms of the architecture, from the ground up. A room imports only itself and rooms in rows above it in this list
 * (which the design document draws top-down); rooms in one row do not know each other.
 */
const ROWS: readonly (readonly string[])[] = [
  ['errors'],
  ['numerics'],
  ['features', 'history', 'space'],
  ['surrogate'],
  ['acquisition'],
  ['policy'],
  ['study'],
  ['evaluation'],
  ['task', 'embedding', 'proposer', 'store'],
  ['runner'],
  ['bench', 'report', 'interop'],
  ['server', 'cli', 'index', 'optimize', 'rank', 'testing'],
]

/** Neighbours in one row that may know each other, with the reason. */
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  features: ['space'], // text views read candidates
  history: ['space'], // what was measured of candidates
  cli: ['server', 'optimize'], // `krige serve` starts the server
  index: ['optimize', 'rank'], // the library's face shows them
}

const PURE = new Set([
  'errors',
  'numerics',
  'features',
  'history',
  'space',
  'surrogate',
  'acquisition',
  'policy',
  'study',
])

/** What a pure room must not touch. The neural surrogates and the TensorFlow.js backend load their library at the edge. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/from '(node:[^']+)'/, 'imports a Node.js module'],
  [/\bMath\.random\b/, 'uses global randomness'],
  [/\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/, 'reads the clock'],
  [/\bprocess\.(env|argv|cwd|exit|std)/, 'reads the environment'],
  [/\bconsole\./, 'writes to the console'],
  [/\bfetch\(/, 'does I/O'],
]

/** Build scripts live beside what they build; they are not part of the library. */
const BUILD_SCRIPTS = new Set(['numerics/linalg/wasm/build.ts'])

const source = resolve(import.meta.dirname, '../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !file.includes('/assembly/') && !file.endsWith('.generated.ts'))
  .filter((file) => !BUILD_SCRIPTS.has(file))

const roomOf = (file: string) => file.split('/')[0]!.replace(/\.ts$/, '')
const rowOf = (room: string) => ROWS.findIndex((row) => row.includes(room))
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')

function importsOf(file: string): string[] {
  const text = withoutComments(readFileSync(join(source, file), 'utf8'))
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map((match) =>
    relative(source, resolve(source, dirname(file), match[1]!))
      .split(sep)
      .join('/'),
  )
}

describe('architecture', () => {
  it('finds the source', () => {
    expect(files.length).toBeGreaterThan(20)
  })

  it('gives every file a room', () => {
    expect(files.filter((file) => rowOf(roomOf(file)) < 0)).toEqual([])
  })

  it('lets a room import only rooms in rows above it', () => {
    const violations = files.flatMap((file) => {
      const from = roomOf(file)
      return importsOf(file)
        .map(roomOf)
        .filter((to) => to !== from && rowOf(to) >= rowOf(from) && !NEIGHBOURS[from]?.includes(to))
        .map((to) => `${file} imports ${to}`)
    })
    expect(violations).toEqual([])
  })

  it('keeps the pure rooms pure', () => {
    const violations = files
      .filter((file) => PURE.has(roomOf(file)))
      .flatMap((file) => {
        const text = withoutComments(readFileSync(join(source, file), 'utf8'))
        return IMPURE.filter(([pattern]) => pattern.test(text)).map(([, what]) => `${file} ${what}`)
      })
    expect(violations).toEqual([])
  })
})
