import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { documentOf, findBrowser } from '../support/browser.ts'
import { bundleCore, PREDICTION, SEARCH } from '../support/core-bundle.ts'

/** What a script of the bundle says in a page. */
async function saidInBrowser(said: string) {
  const { code } = await bundleCore()
  const folder = mkdtempSync(join(tmpdir(), 'krige-core-'))
  try {
    const file = join(folder, 'page.html')
    const script = `${code}\n;document.body.dataset.result = ${said}`
    writeFileSync(file, `<!doctype html><body><script>${script.replaceAll('</script', '<\\/script')}</script>`)
    const html = await documentOf(await findBrowser(), file)
    return JSON.parse(/data-result="([^"]*)"/.exec(html)?.[1]?.replaceAll('&quot;', '"') ?? 'null')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it('the numeric core computes in a real browser', async () => {
  const result = await saidInBrowser(PREDICTION)
  expect(result).toMatchObject({ name: 'wasm', process: 'undefined', require: 'undefined' })
  expect(result.mean).toBeCloseTo(1, 4)
})

it('a study searches in a real browser', async () => {
  const { best, ranked, predicted, nearest } = await saidInBrowser(SEARCH)
  expect(best).toMatch(/label/)
  expect(ranked).toBe('Name the label, please.')
  expect(predicted[1]).toBeGreaterThan(predicted[0])
  expect(nearest).toBe('Name the one label.')
})
