/**
 * Draws the rooms as the architecture test lists them.
 *
 *     npm run docs:architecture [-- --check]
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeMarkup } from '../src/text/escape-markup.ts'

const test = readFileSync(join(import.meta.dirname, '../test/architecture.test.ts'), 'utf8')
const listed = /const ROWS[^=]*= \[\n([\s\S]*?)\n\]/.exec(test)![1]!
const rows = [...listed.matchAll(/\[([^\]]*)\]/g)].map(([, row]) =>
  [...row!.matchAll(/'([\w-]+)'/g)].map(([, room]) => room!),
)
const pure = new Set([.../new Set\(\[([\s\S]*?)\]\)/.exec(test)![1]!.matchAll(/'([\w-]+)'/g)].map(([, room]) => room!))

const WIDTH = 760
const ROW = 46
const GAP = 12
const lines = rows.map((rooms, index) => {
  const y = 16 + index * (ROW + GAP)
  const width = Math.min(200, (WIDTH - 40 - (rooms.length - 1) * GAP) / rooms.length)
  const left = (WIDTH - rooms.length * width - (rooms.length - 1) * GAP) / 2
  const boxes = rooms.map((room, place) => {
    const x = left + place * (width + GAP)
    const fill = pure.has(room) ? '#dceaf7' : '#f4ead9'
    return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 12}" rx="6" fill="${fill}" stroke="#555"/><text x="${(x + width / 2).toFixed(1)}" y="${y + 22}" text-anchor="middle">${escapeMarkup(room)}</text>`
  })
  const arrow = index === 0 ? '' : `<path d="M${WIDTH / 2} ${y - 2} v-18 m-5 6 l5 -6 l5 6" fill="none" stroke="#555"/>`
  return `${arrow}${boxes.join('')}`
})
const height = 16 + rows.length * (ROW + GAP) + 24
const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="14" fill="#222">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${lines.join('\n')}
<rect x="20" y="${height - 28}" width="14" height="14" fill="#dceaf7" stroke="#555"/><text x="42" y="${height - 16}">pure</text>
<rect x="100" y="${height - 28}" width="14" height="14" fill="#f4ead9" stroke="#555"/><text x="122" y="${height - 16}">at the edge: files, network, processes. A room imports only rooms above it.</text>
</svg>
`
const file = join(import.meta.dirname, 'architecture.svg')
if (!process.argv.includes('--check')) writeFileSync(file, picture)
else if (readFileSync(file, 'utf8') !== picture) {
  process.stderr.write('docs/architecture.svg is not what the architecture test says: npm run docs:architecture\n')
  process.exitCode = 1
}
