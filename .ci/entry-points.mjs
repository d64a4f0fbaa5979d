// Runs where the package is installed: every entry point loads on its own, and a report is drawn.
import { readFileSync } from 'node:fs'
import { createStudy } from 'krige'
import { renderReport } from 'krige/report'

const { exports } = JSON.parse(readFileSync('node_modules/krige/package.json', 'utf8'))
for (const name of Object.keys(exports)) if (name !== './package.json') await import(`krige${name.slice(1)}`)
const pool = [
  { id: 'a', text: 'A.' },
  { id: 'b', text: 'B.' },
]
const study = createStudy({ pool, exampleCount: 4, policy: 'random' })
const action = study.ask()
study.tell(
  action.id,
  action.examples.map(() => 1),
)
if (!renderReport({ state: study.state }).includes('<h2>All prompts</h2>')) throw new Error('the report is not drawn')
console.log('every entry point loads, the report is drawn')
