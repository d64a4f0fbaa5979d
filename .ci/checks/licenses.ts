/**
 * Writes the bill of materials of what users install (CycloneDX), and refuses licenses nobody has agreed to.
 *
 *     node .ci/checks/licenses.ts FOLDER [OUT.json]      FOLDER: where Krige is installed as a user installs it
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { finish } from './finish.ts'

/** SPDX identifiers: permissive ones. */
const AGREED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'Unlicense'])

/** Packages under another license, and why that is fine. */
const EXCEPTIONS: readonly { readonly packages: RegExp; readonly license: string }[] = [
  // libvips, a shared library that sharp loads unchanged; optional, through transformers.js.
  { packages: /^@img\/sharp-/, license: 'LGPL-3.0-or-later' },
]

interface Component {
  readonly name: string
  readonly version: string
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string }
    readonly expression?: string
  }[]
}

/** Whether one branch of every OR, and all parts of every AND, are agreed to. */
function isAgreed(expression: string, component: string): boolean {
  const fits = (id: string) =>
    AGREED.has(id) || EXCEPTIONS.some(({ packages, license }) => license === id && packages.test(component))
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((branch) => branch.split(' AND ').every((id) => fits(id.trim())))
}

const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
  cwd: process.argv[2]!,
  encoding: 'utf8',
  maxBuffer: 1e8,
  shell: process.platform === 'win32',
})
const { components } = JSON.parse(text) as { components: readonly Component[] }
const out = process.argv[3]
if (out !== undefined) writeFileSync(out, text)

const problems = components.flatMap(({ name, version, licenses = [] }) => {
  const stated = licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '')
  if (stated.length === 0) return [`${name}@${version} states no license`]
  return stated.filter((one) => !isAgreed(one, name)).map((one) => `${name}@${version} is under ${one}`)
})
process.stdout.write(`${components.length} packages with Krige itself\n`)
finish('licenses', problems, 'Leave the package out, or agree to the license in .ci/checks/licenses.ts.')
