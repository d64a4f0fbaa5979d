import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * The rooms of the architecture, from the ground up. A room imports only itself and rooms in rows before it in this
 * list; rooms in one row do not know each other, but for the neighbors named below.
 */
const ROWS: readonly (readonly string[])[] = [
  ['errors', 'node-version'],
  ['check-input', 'load-optional', 'numerics', 'text'],
  ['space', 'prompt'],
  ['history', 'features'],
  ['surrogate'],
  ['acquisition'],
  ['policy'],
  ['study'],
  ['evaluation', 'threads'],
  ['task', 'embedding', 'proposer', 'store', 'recording'],
  ['engine'],
  ['run'],
  ['bench', 'report', 'interop', 'testing'],
  ['server', 'worker', 'cli', 'index', 'rank'],
]

/** Neighbors in one row that may know each other, with the reason. */
const NEIGHBORS: Readonly<Record<string, readonly string[]>> = {
  prompt: ['space'], // a candidate carries parameter values
  task: ['proposer'], // a task file names proposers: they are checked where it is read
  recording: ['task'], // a table is recorded from a task
  'check-input': ['text'], // its messages show values as others do
  bench: ['report'], // its pictures are drawn as those of a report are
  cli: ['server', 'worker'], // `krige serve` and `krige worker` start them
  index: ['rank'], // the library's face shows it
}

const PURE = new Set([
  'check-input',
  'errors',
  'numerics',
  'text',
  'space',
  'prompt',
  'history',
  'features',
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
const BUILD_SCRIPTS = new Set(['numerics/linalg/wasm/build.ts', 'proposer/meta-prompts/build.ts'])

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

  it('names no room that is not there', () => {
    const rooms = new Set(files.map(roomOf))
    expect(ROWS.flat().filter((room) => !rooms.has(room))).toEqual([])
  })

  it('lets a room import only rooms in rows above it', () => {
    const violations = files.flatMap((file) => {
      const from = roomOf(file)
      return importsOf(file)
        .map(roomOf)
        .filter((to) => to !== from && rowOf(to) >= rowOf(from) && !NEIGHBORS[from]?.includes(to))
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

  it('keeps the engine free of task files, embedders, proposers and recordings', () => {
    const unknown = new Set(['task', 'embedding', 'proposer', 'recording'])
    const violations = files
      .filter((file) => roomOf(file) === 'engine')
      .flatMap((file) => importsOf(file).filter((to) => unknown.has(roomOf(to))))
    expect(violations).toEqual([])
  })

  it('lets no two files import each other in a circle', () => {
    const imports = new Map(files.map((file) => [file, importsOf(file)]))
    const circles: string[] = []
    const finished = new Set<string>()
    const visit = (file: string, path: readonly string[]) => {
      const at = path.indexOf(file)
      if (at >= 0) circles.push([...path.slice(at), file].join(' → '))
      if (at >= 0 || finished.has(file)) return
      for (const next of imports.get(file) ?? []) visit(next, [...path, file])
      finished.add(file)
    }
    for (const file of files) visit(file, [])
    expect(circles).toEqual([])
  })
})
