import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tooOld } from '../src/node-version.ts'

const root = resolve(import.meta.dirname, '..')
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string> }
const entries = Object.values(exports).filter((file) => file.endsWith('.js'))

describe('an old Node.js', () => {
  it.each(entries)('is told what it lacks by %s before anything else is imported', (file) => {
    const source = readFileSync(join(root, file.replace('./dist/', 'src/').replace('.js', '.ts')), 'utf8')
    const [first] = source.match(/^(?:import|export)\b[^\n]*/m) ?? []
    expect(first).toMatch(/^import '[./]+\/node-version\.ts'$/)
  })

  it('gets as far as that: nothing imports a module of Node.js that it does not have', () => {
    const importers = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
      /^import (?!type)[^\n]*from 'node:sqlite'/m.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(importers).toEqual([])
  })

  it('is one before 22.18', () => {
    for (const version of ['18.0.0', '20.20.2', '22.17.9']) expect(tooOld(version)).toContain('needs Node.js 22.18')
    for (const version of ['22.18.0', '24.1.0', undefined]) expect(tooOld(version)).toBeUndefined()
  })
})
