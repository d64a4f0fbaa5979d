import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createJournal } from '../../src/engine/journal.ts'
import { runSearch } from '../../src/engine/search.ts'
import { failure } from '../../src/history/failure.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { breadthFirst } from '../study/breadth-first.ts'
import { documentOf, findBrowser } from '../support/browser.ts'

/** Sets this on the page when any of it runs. */
const MARK = 'data-taken-over'
const RUN = `document.documentElement.setAttribute('${MARK}','1')`

/** Ways out of text, attribute, comment, style, template and URL. */
const HOSTILE = [
  `<script>${RUN}</script>`,
  `</pre></td></table></details><script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `"><svg onload="${RUN}">`,
  `' onmouseover='${RUN}' autofocus onfocus='${RUN}' x='`,
  `" onmouseover="${RUN}" autofocus onfocus="${RUN}" x="`,
  `</title><script>${RUN}</script>`,
  `</style><script>${RUN}</script>`,
  `--><script>${RUN}</script><!--`,
  `]]><script>${RUN}</script>`,
  `<a href="javascript:${RUN}">click</a>`,
  `javascript:${RUN}`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<meta http-equiv="refresh" content="0;url=javascript:${RUN}">`,
  `<base href="//evil.example/"><link rel=stylesheet href=//evil.example/x.css>`,
  `<form action="//evil.example"><input autofocus onfocus="${RUN}"></form>`,
  `<details open ontoggle="${RUN}">`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `\u0000<scr\u0000ipt>${RUN}</script>`,
  `\u2028\u2029\u202e<script>${RUN}</script>`,
  `\${${RUN}} {{constructor.constructor("${RUN}")()}} <%= x %>`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror="${RUN}">`,
  `<template><script>${RUN}</script></template><noscript><p title="</noscript><img src=x onerror='${RUN}'>">`,
]
const ALL = HOSTILE.join('\n')

/** Put at the end of a page: what it consists of, as JSON in an element. */
const INSPECT = `<script>
  const elements = [...document.querySelectorAll('*')]
  const counts = {}
  // How many marks a plot has and how many words differ depends on the texts; of what they are made does not.
  const drawn = { figure: 'svg style g path line circle rect text tspan title', pre: 'ins del' }
  const strange = []
  for (const element of elements) {
    const around = element.parentElement?.closest('figure, pre')
    if (!around) counts[element.localName] = (counts[element.localName] ?? 0) + 1
    else if (!drawn[around.localName].split(' ').includes(element.localName)) strange.push(element.localName)
  }
  const handlers = elements.flatMap((element) => [...element.attributes].map((one) => element.localName + ' ' + one.name))
    .filter((name) => / on/.test(name))
  const addresses = elements.flatMap((element) => ['href', 'src', 'action', 'srcdoc', 'formaction']
    .map((name) => element.getAttribute(name)).filter((value) => value !== null && !value.startsWith('#')))
  const found = document.createElement('output')
  found.id = 'found'
  found.textContent = JSON.stringify({ counts, strange, handlers, addresses, text: document.body.textContent.length })
  document.body.append(found)
</script>`

interface Found {
  readonly counts: Readonly<Record<string, number>>
  /** Elements in plots and comparisons that do not belong there. */
  readonly strange: readonly string[]
  readonly handlers: readonly string[]
  readonly addresses: readonly string[]
  readonly text: number
}

const folder = mkdtempSync(join(tmpdir(), 'krige-report-'))
let browser: string
beforeAll(() => {
  browser = findBrowser()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function shown(name: string, page: string): Promise<string> {
  const file = join(folder, `${name}.html`)
  writeFileSync(file, page)
  return documentOf(browser, file)
}

function foundIn(document: string): Found {
  const [, json] = /<output id="found">(.*?)<\/output>/s.exec(document) ?? []
  if (json === undefined) throw new Error('the inspection did not run')
  return JSON.parse(
    json.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )
}

/** A finished study with whatever texts, ids, names and errors. */
async function report(text: (index: number) => string): Promise<string> {
  const pool = HOSTILE.map((_, index) => ({ id: `${index} ${text(index)}`, text: `${index} ${text(index)}` }))
  const study = createStudy({
    name: text(0),
    pool: [...pool, { id: 'slots', slots: { [text(1)]: text(2) }, parameters: { style: text(3) } }],
    policy: breadthFirst,
    exampleCount: 4,
    holdoutCount: 8,
    holdoutEvaluations: 16,
    baseline: pool[1]!.id,
    fingerprint: { [text(4)]: text(5), model: text(6) },
    seed: 1,
  })
  await runSearch({
    study,
    journal: createJournal(study, { append: async () => {} }),
    evaluate: async ({ index, example }) =>
      index % 5 === 2 ? { failure: failure('program', text(index)) } : { score: (index + example) % 3 === 0 ? 1 : 0 },
    holdoutExamples: 8,
    warnings: [text(7), ALL],
  })
  return renderReport({ state: study.state, command: text(8), version: text(9) })
}

const withoutPolicy = (page: string) => page.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '')

describe('the report in a real browser, with hostile strings wherever strings go', () => {
  it('runs what is not escaped: the hostile strings are hostile, and the mark would be seen', async () => {
    const document = await shown('control', `<!doctype html><title>control</title><body>${HOSTILE[0]}${HOSTILE[2]}`)
    expect(document).toContain(`${MARK}="1"`)
  })

  it('runs nothing, with its content policy and without', async () => {
    const page = await report((index) => HOSTILE[index % HOSTILE.length]!)
    expect(page).toContain('Content-Security-Policy')
    for (const [name, variant] of [
      ['policy', page],
      ['no-policy', withoutPolicy(page)],
      ['all', withoutPolicy(await report((index) => `${index} ${ALL}`))],
    ] as const) {
      const document = await shown(name, variant)
      expect(document, name).not.toContain(`${MARK}="1"`)
      expect(document.length, name).toBeGreaterThan(5_000)
    }
  })

  it('holds the same elements as with harmless strings: no tag, attribute or address got in', async () => {
    // As long as the hostile ones: who is the shorter of equals stands in the report, too.
    const harmlessText = (index: number) =>
      `harmless ${index}`.padEnd(HOSTILE[index % HOSTILE.length]!.length, ' and long')
    const harmless = foundIn(await shown('harmless', withoutPolicy(await report(harmlessText)) + INSPECT))
    const hostile = foundIn(
      await shown('hostile', withoutPolicy(await report((index) => HOSTILE[index % HOSTILE.length]!)) + INSPECT),
    )
    expect(hostile.counts).toEqual(harmless.counts)
    expect(hostile.counts['script'], 'the search of the page, and this inspection').toBe(2)
    expect(hostile.strange).toEqual([])
    expect(hostile.handlers).toEqual([])
    expect(hostile.addresses).toEqual(harmless.addresses)
    expect(hostile.text).toBeGreaterThan(ALL.length)
  })
})
