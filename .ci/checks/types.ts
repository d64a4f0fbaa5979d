/**
 * The public types need no optional package, however strictly who uses them compiles.
 *
 *     node .ci/checks/types.ts FOLDER      where the package is installed without its optional dependencies
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finish } from './finish.ts'

const folder = process.argv[2]!
const root = join(import.meta.dirname, '../..')
const { exports } = JSON.parse(readFileSync(join(folder, 'node_modules/krige/package.json'), 'utf8'))
const names = Object.keys(exports).filter((name) => name !== './package.json')
writeFileSync(join(folder, 'types.ts'), names.map((name) => `import 'krige${name.slice(1)}'\n`).join(''))
const compilerOptions = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
}
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }))
const { stdout, status } = spawnSync(process.execPath, [join(root, 'node_modules/.bin/tsc'), '-p', folder], {
  encoding: 'utf8',
})
const problems = stdout.split('\n').filter((line) => line !== '')
finish('public types', problems.length > 0 || status === 0 ? problems : ['the compiler did not end'])
