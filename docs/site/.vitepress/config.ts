import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'

const docs = join(import.meta.dirname, '../pages')
const page = (text: string, link: string) => ({ text, link: `/${link}` })
const reference = existsSync(join(docs, 'reference'))
  ? readdirSync(join(docs, 'reference'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !/README\.md$/.test(file))
      .sort()
      .map((file) => page(file.replace(/\.md$/, ''), `reference/${file.replace(/\.md$/, '')}`))
  : []

export default defineConfig({
  title: 'Krige',
  description: 'Find the best prompt with the fewest LLM calls.',
  lang: 'en-US',
  srcDir: 'pages',
  rewrites: { 'README.md': 'index.md' },
  markdown: {
    html: false,
    // Templates such as {{input}} stand in inline code: Vue must not fill them in.
    config(md) {
      const { code_inline: inline } = md.renderer.rules
      md.renderer.rules.code_inline = (...given) => inline!(...given).replace('<code', '<code v-pre')
    },
  },
  vite: { build: { minify: false, chunkSizeWarningLimit: 5000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [page('Guide', 'guide'), page('Cookbook', 'cookbook'), page('Task file', 'task-file')],
    sidebar: [
      {
        text: 'Start',
        items: [page('Guide', 'guide'), page('Cookbook', 'cookbook'), page('How much data', 'how-much-data')],
      },
      {
        text: 'Concepts',
        items: [
          page('Surrogate', 'surrogate'),
          page('Acquisition', 'acquisition'),
          page('Policy', 'policy'),
          page('Budget', 'budget'),
          page('Verdict', 'verdict'),
        ],
      },
      {
        text: 'Use',
        items: [
          page('Task file', 'task-file'),
          page('Metrics', 'metrics'),
          page('Programs', 'programs'),
          page('Plug in', 'plug-in'),
          page('HTTP', 'http'),
          page('promptfoo', 'promptfoo'),
          page('Scale', 'scale'),
          page('Guarantees', 'guarantees'),
          page('Experiments', 'experiments'),
          page('Language models', 'language-models'),
        ],
      },
      {
        text: 'Inside',
        items: [page('Architecture', 'architecture'), page('Add a part', 'extending'), page('Releasing', 'releasing')],
      },
      { text: 'API', collapsed: true, items: reference },
    ],
  },
})
