// VitePress finds its packages from where the pages lie: they are copied beside them. What lies outside docs is in the
// repository, not on the site: links to it lead there where its address is known, and are plain text elsewhere.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [docs, pages] = [join(import.meta.dirname, '..'), join(import.meta.dirname, 'pages')]
const repository = process.env.GITHUB_REPOSITORY
const outside = (_, label, path) =>
  repository === undefined ? label : `[${label}](https://github.com/${repository}/blob/main/${path})`

rmSync(pages, { recursive: true, force: true })
mkdirSync(pages)
for (const name of readdirSync(docs)) {
  if (/\.(png|svg)$/.test(name)) cpSync(join(docs, name), join(pages, name))
  if (!name.endsWith('.md')) continue
  const text = readFileSync(join(docs, name), 'utf8')
  writeFileSync(join(pages, name), text.replace(/\[([^\]]+)\]\(\.\.\/([^)\s]+)\)/g, outside))
}
