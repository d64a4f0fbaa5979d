// VitePress finds its packages from where the pages lie: they are copied beside them.
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const [docs, pages] = [join(import.meta.dirname, '..'), join(import.meta.dirname, 'pages')]
rmSync(pages, { recursive: true, force: true })
for (const name of readdirSync(docs)) if (/\.(md|png|svg)$/.test(name)) cpSync(join(docs, name), join(pages, name))
