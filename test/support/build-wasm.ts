import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../../src/numerics/linalg/wasm')

/** Compiles the numeric core anew where its source is newer: after a pull nothing else would. */
export function setup(): void {
  const changed = (file: string) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = readdirSync(join(folder, 'assembly')).map((file) => changed(`assembly/${file}`))
  if (Math.max(...sources, changed('build.ts')) < changed('modules.generated.ts')) return
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'build.ts')], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the numeric core does not compile:\n${stderr}`)
}
