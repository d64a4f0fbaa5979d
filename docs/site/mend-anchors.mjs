// typedoc numbers a heading that it takes for the second of its name, also where there is no first: such links lead nowhere.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const reference = join(import.meta.dirname, 'pages/reference')
const files = readdirSync(reference, { recursive: true }).filter((file) => file.endsWith('.md'))
const texts = new Map(files.map((file) => [file, readFileSync(join(reference, file), 'utf8')]))

/** How often a page has a heading of that name. */
function timesIn(file, slug) {
  const headings = (texts.get(file) ?? '').match(/^#+ .*$/gm) ?? []
  return headings.filter((heading) => heading.toLowerCase().replace(/[^a-z0-9]+/g, '') === slug).length
}

for (const [file, text] of texts) {
  const mended = text.replace(/\]\(([^)#\s]*)#([a-z0-9]+)-(\d+)\)/g, (link, page, slug, number) => {
    const target = page === '' ? file : normalize(join(dirname(file), page))
    return timesIn(target, slug) > Number(number) ? link : `](${page}#${slug})`
  })
  if (mended !== text) writeFileSync(join(reference, file), mended)
}
