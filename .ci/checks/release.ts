/**
 * Refuses a tag that is not the version of the package, or that no change log tells of; writes its notes to notes.md.
 *
 *     node .ci/checks/release.ts v1.2.0
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finish } from './finish.ts'

const root = join(import.meta.dirname, '../..')
const tag = process.argv[2] ?? ''
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const sections = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m)
const notes = sections.find((section) => section.startsWith(`${version} `) || section.startsWith(`${version}\n`))

const problems: string[] = []
if (tag !== `v${version}`)
  problems.push(`the tag is ${tag || 'missing'}; expected v${version}, the version of package.json`)
if (notes === undefined) problems.push(`CHANGELOG.md has no entry "## ${version}"`)
else writeFileSync('notes.md', notes.slice(notes.indexOf('\n')).trim())
finish('release', problems)
