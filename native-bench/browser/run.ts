/**
 * How smoothly pages scroll: `npm run bench:browser -- [--candidates N] [--seconds S] [--json FILE]`. Needs Chromium.
 *
 * A mouse wheel is turned while the page notes how long each of its frames takes. The report and the live view of a
 * study, the latter while results arrive, are compared with an empty page on the same machine. Without a screen the
 * browser draws on the processor, so milliseconds say more about the machine than about the page.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import { quantileSorted } from 'simple-statistics'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { renderReport } from '../../src/report/render-report.ts'
import { serve } from '../../src/server/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createStudy } from '../../src/study/index.ts'
import { findBrowser } from '../../test/support/browser.ts'

const { values } = parseArgs({
  options: {
    candidates: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '4' },
    json: { type: 'string' },
  },
})
const candidates = Number(values.candidates)
const seconds = Number(values.seconds)

const pool = Array.from({ length: candidates }, (_, index) => `Classify the ticket, variant ${index}. `.repeat(6))
const EXAMPLES = 20
/** Every prompt once, then again: which outcome is of no importance here. */
const observation = (k: number) => ({
  candidate: (k * 7919) % candidates,
  example: Math.floor(k / candidates),
  score: (k * 31) % 13 < 6 ? 1 : 0,
})

interface Frames {
  readonly page: string
  readonly frames: number
  readonly median: number
  readonly ninetyFifth: number
  /** Share of frames that took longer than one and a half of a 60th of a second. */
  readonly late: number
  readonly longest: number
}

/** Turns the wheel down, then up again where the page ends. */
async function scroll(page: Page, name: string): Promise<Frames> {
  await page.mouse.move(400, 400)
  await page.evaluate(() => {
    const noted: number[] = []
    let last = performance.now()
    const note = (now: number) => {
      noted.push(now - last)
      last = now
      requestAnimationFrame(note)
    }
    requestAnimationFrame(note)
    Object.assign(window, { noted })
  })
  const end = performance.now() + 1000 * seconds
  let direction = 1
  while (performance.now() < end) {
    await page.mouse.wheel(0, 150 * direction)
    const [top, most] = await page.evaluate(
      () => [scrollY, document.documentElement.scrollHeight - innerHeight] as const,
    )
    if (top >= most - 1) direction = -1
    else if (top <= 0) direction = 1
  }
  const noted = await page.evaluate(() => (window as unknown as { noted: number[] }).noted.slice(1))
  const sorted = noted.sort((a, b) => a - b)
  return {
    page: name,
    frames: sorted.length,
    median: quantileSorted(sorted, 0.5),
    ninetyFifth: quantileSorted(sorted, 0.95),
    late: sorted.filter((milliseconds) => milliseconds > 25).length / sorted.length,
    longest: sorted.at(-1)!,
  }
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await page.goto(url)
  return page
}

/** Opens the report of a study with that many candidates, as a file. */
async function scrollReport(browser: Browser): Promise<Frames> {
  const study = createStudy({ pool, exampleCount: EXAMPLES, policy: 'random' })
  for (let k = 0; k < candidates; k++) study.observe(observation(k))
  const folder = mkdtempSync(join(tmpdir(), 'krige-scroll-'))
  try {
    const file = join(folder, 'report.html')
    writeFileSync(file, renderReport({ state: study.state }))
    const page = await openPage(browser, pathToFileURL(file).href)
    const frames = await scroll(page, 'report')
    await page.close()
    return frames
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The same as a live view, ten results five times per second. */
async function scrollLiveView(browser: Browser): Promise<Frames> {
  const token = 'a-token-of-some-length'
  const store = createMemoryStore()
  const server = await serve({ store, backend: createBackend(), version: '1', port: 0, logLevel: 'silent', token })
  const call = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
    const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(await response.text())
  }
  let told = 0
  const observe = (count: number) => {
    const observations = Array.from({ length: count }, (_, offset) => {
      const { candidate, ...rest } = observation(told + offset)
      return { candidate: { index: candidate }, ...rest }
    })
    told += count
    return call('/studies/big/observe', { observations })
  }
  await call('/studies', { name: 'big', pool, exampleCount: EXAMPLES, policy: 'random' })
  while (told < candidates) await observe(Math.min(1000, candidates - told))
  const page = await openPage(browser, `${server.url}/studies/big/live#token=${token}`)
  await page.waitForSelector('#prompts li', { timeout: 120_000 })
  const telling = setInterval(() => void observe(10), 200)
  const frames = await scroll(page, 'live view')
  clearInterval(telling)
  await page.close()
  await server.close()
  return frames
}

async function scrollNothing(browser: Browser): Promise<Frames> {
  const page = await openPage(browser, `data:text/html,<body style="height:400000px">`)
  const frames = await scroll(page, 'empty page')
  await page.close()
  return frames
}

const browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] })
const rows = [await scrollNothing(browser), await scrollReport(browser), await scrollLiveView(browser)]
await browser.close()
const [empty] = rows
for (const { page, frames, median, ninetyFifth, late, longest } of rows) {
  process.stdout.write(
    `${page.padEnd(10)} ${(frames / seconds).toFixed(0).padStart(3)} frames per second, median ${median.toFixed(1)} ms (× ${(median / empty!.median).toFixed(2)}), 95% within ${ninetyFifth.toFixed(1)} ms (× ${(ninetyFifth / empty!.ninetyFifth).toFixed(2)}), ${(100 * late).toFixed(1)}% late, longest ${longest.toFixed(0)} ms\n`,
  )
}
process.stdout.write(
  `${candidates} candidates; ${cpus()[0]?.model}, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}\n`,
)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ candidates, rows }, undefined, 1)}\n`)
