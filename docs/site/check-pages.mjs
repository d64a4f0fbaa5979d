// Says where the built site shows something else than its pages: VitePress goes on where a page cannot be drawn.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [pages, dist] = ['pages', 'dist'].map((name) => join(import.meta.dirname, name))
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const shown = (html) => html.replaceAll('&quot;', '"').replaceAll('&#39;', "'")
const problems = []

for (const name of readdirSync(pages, { recursive: true }).filter((file) => file.endsWith('.md'))) {
  const file = join(dist, name.replace(/^README\.md$/, 'index.md').replace(/\.md$/, '.html'))
  const html = existsSync(file) ? shown(readFileSync(file, 'utf8')) : ''
  if (!html.includes('<h1')) {
    problems.push(`${name}: the page is missing or empty`)
    continue
  }
  // In a table a bar is written with a backslash.
  const prose = readFileSync(join(pages, name), 'utf8').replace(/^(```+)[\s\S]*?^\1/gm, '')
  for (const [, code] of prose.matchAll(/`([^`\n]*\{\{[^`\n]*)`/g)) {
    if (!html.includes(`>${escaped(code.replaceAll('\\|', '|'))}</code>`))
      problems.push(`${name}: \`${code}\` is not shown`)
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log('every page is drawn as it is written')
