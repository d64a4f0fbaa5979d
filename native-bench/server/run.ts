/**
 * Times the server: `npm run bench:server -- [--only TEXT] [--json FILE]`. Run it on quiet cores.
 *
 * @module
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { askAndTell, rankTexts, type ServerRow } from './works.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' } },
})

const WORKS: Readonly<Record<string, { readonly text: string; readonly run: () => Promise<ServerRow> }>> = {
  'rank-same-50': { text: 'the same texts again, 50 prompts measured', run: () => rankTexts(50, 'same') },
  'rank-same-160': { text: 'the same texts again, 160 prompts measured', run: () => rankTexts(160, 'same') },
  'rank-told-50': {
    text: 'the same texts after one more result, 50 prompts measured',
    run: () => rankTexts(50, 'told'),
  },
  'rank-new-50': { text: 'texts never seen before, 50 prompts measured', run: () => rankTexts(50, 'new') },
  'ask-tell': { text: 'ask + tell, 64 clients, 10,000 trials, `tpe`, in memory', run: askAndTell },
}

const rows: ServerRow[] = []
for (const [work, { text, run }] of Object.entries(WORKS)) {
  if (values.only !== undefined && !work.includes(values.only)) continue
  const row = await run()
  rows.push(row)
  const figures = Object.entries(row.figures).map(([name, value]) => `${name} ${value.toFixed(1)}`)
  process.stdout.write(`${work} (${text}): ${figures.join(', ')}\n`)
}
const load = loadavg()[0]!.toFixed(1)
process.stdout.write(`${cpus()[0]?.model}, ${availableParallelism()} cores, load ${load}\n`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, undefined, 1)}\n`)
