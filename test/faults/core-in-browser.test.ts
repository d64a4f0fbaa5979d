import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { documentOf, findBrowser } from '../support/browser.ts'
import { bundleCore, PREDICTION } from '../support/core-bundle.ts'

it('the numeric core computes in a real browser', async () => {
  const { code } = await bundleCore()
  const folder = mkdtempSync(join(tmpdir(), 'krige-core-'))
  try {
    const file = join(folder, 'page.html')
    const script = `${code}\n;document.body.dataset.result = ${PREDICTION}`
    writeFileSync(file, `<!doctype html><body><script>${script.replaceAll('</script', '<\\/script')}</script>`)
    const html = await documentOf(await findBrowser(), file)
    const written = /data-result="([^"]*)"/.exec(html)?.[1]?.replaceAll('&quot;', '"')
    const result: { mean: number } = JSON.parse(written ?? 'null')
    expect(result).toMatchObject({ name: 'wasm', process: 'undefined', require: 'undefined' })
    expect(result.mean).toBeCloseTo(1, 4)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
