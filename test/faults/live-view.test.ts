import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { serve } from '../../src/server/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { findBrowser } from '../support/browser.ts'
import { startChatServer } from '../support/chat-server.ts'
import { krige, type RunningCli, startKrige, taskFolder } from '../support/krige-cli.ts'

const TOKEN = 'a-token-of-some-length'
const HOSTILE = `</pre><img src=x onerror="document.title='taken over'"><script>document.title='taken over'</script>`

let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] })
})
afterAll(() => browser?.close())

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each()
})

async function openPage(url: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  cleanUp.push(() => page.close())
  await page.goto(url)
  return { page, errors }
}

async function liveUrl(run: RunningCli): Promise<string> {
  for (;;) {
    const [, url] = /Live view: (\S+)/.exec(run.stderrSoFar()) ?? []
    if (url !== undefined) return url
    if (run.child.exitCode !== null) throw new Error(run.stderrSoFar())
    await sleep(50)
  }
}

/** A server with a token, and a client of it. */
async function startServer(study: object) {
  const server = await serve({
    store: createMemoryStore(),
    backend: createBackend(),
    version: '1',
    port: 0,
    logLevel: 'silent',
    token: TOKEN,
  })
  cleanUp.push(() => server.close())
  const call = async (path: string, body?: unknown) => {
    const response = await fetch(server.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  }
  await call('/studies', study)
  return { url: server.url, call }
}

const text = (page: Page, id: string) => page.locator(`#${id}`).textContent()
const ofState = (page: Page, state: string) => page.waitForSelector(`#state.${state}`)

describe('krige run --open', () => {
  it('is paused, given a prompt, stopped and taken up again by keyboard', async () => {
    const chat = await startChatServer()
    cleanUp.push(() => chat.close())
    chat.delay = 100
    const folder = taskFolder(chat.model, { prompts: 4, search: 40, holdout: 10, budget: { evaluations: 130 } })
    const run = startKrige(folder, ['run', 'task.yaml', '--open', '--concurrency', '2'])
    const { page, errors } = await openPage(await liveUrl(run))
    await ofState(page, 'running')
    expect(page.url(), 'the token does not stay in the address').not.toContain('#')
    await page.waitForSelector('#prompts li')

    await page.locator('#pause').focus()
    await page.keyboard.press('Enter')
    await ofState(page, 'paused')
    await sleep(1000)
    const sent = chat.requests.length
    await sleep(1000)
    expect(chat.requests.length, 'nothing is sent while it is paused').toBe(sent)

    await page.locator('#try').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('#try-dialog[open]')
    await page.keyboard.type(`Instruction 3 of 4. By hand ${HOSTILE}`)
    await page.keyboard.press('Tab')
    await page.keyboard.type('3')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#prompts li:has-text("By hand")')
    await page.locator('#pause').focus()
    await page.keyboard.press('Enter')
    await ofState(page, 'running')
    await expect
      .poll(() => chat.requests.slice(sent, sent + 20).filter((message) => message.includes('By hand')).length, {
        timeout: 20_000,
      })
      .toBeGreaterThanOrEqual(3)
    expect(await page.title()).toBe('tickets · Krige')

    await page.locator('#stop').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('#stop-dialog[open]')
    await page.keyboard.press('Enter')
    const stopped = await run.done
    expect(stopped.code, stopped.stderr).toBe(130)
    await ofState(page, 'over')
    expect(errors).toEqual([])

    chat.delay = 0
    const resumed = await krige(folder, 'run', 'task.yaml', '--json')
    expect(resumed.code, resumed.stderr).toBe(0)
    const result = JSON.parse(resumed.stdout)
    expect(result.spent.evaluations).toBeLessThanOrEqual(130)
    // What was measured before is not measured again, by one cell in flight each.
    expect(chat.requests.length).toBeLessThanOrEqual(result.spent.calls)
  })

  it('shows the end of the run before it closes', async () => {
    const chat = await startChatServer()
    cleanUp.push(() => chat.close())
    chat.delay = 50
    const folder = taskFolder(chat.model, { prompts: 4, search: 20, holdout: 10, budget: { evaluations: 50 } })
    const run = startKrige(folder, ['run', 'task.yaml', '--open', '--concurrency', '2'])
    const { page, errors } = await openPage(await liveUrl(run))
    await ofState(page, 'running')
    const { code, stderr } = await run.done
    expect(code, stderr).toBe(0)
    await ofState(page, 'over')
    await page.waitForSelector('#winner h2')
    expect(await page.locator('#head .badge').textContent()).not.toBe('unfinished')
    expect(errors).toEqual([])
  })
})

describe('krige serve, in a browser', () => {
  it('wants its token once, shows results as they are told, and keeps what a reader has open', async () => {
    const pool = Array.from({ length: 6 }, (_, index) => `Prompt ${index}. ${HOSTILE}`)
    const { url, call } = await startServer({ name: 'triage', pool, exampleCount: 4, policy: 'random' })
    const { page, errors } = await openPage(`${url}/`)
    await page.waitForSelector('#ask-token[open]')
    await page.keyboard.type('wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#ask-token[open]')
    await page.keyboard.type(TOKEN)
    await page.keyboard.press('Enter')
    await page.locator('#studies a', { hasText: 'triage' }).click()
    await ofState(page, 'running')
    await page.waitForSelector('#prompts li >> nth=5')

    const row = page.locator('#prompts li', { hasText: 'Prompt 5.' })
    await row.locator('summary').press('Enter')
    const observe = (prompt: number, score: number, examples = [0, 1, 2, 3]) =>
      call('/studies/triage/observe', {
        observations: examples.map((example) => ({ candidate: { index: prompt }, example, score })),
      })
    for (const prompt of [0, 1, 2]) await observe(prompt, 0)
    await observe(5, 1)
    await page.waitForSelector('#prompts li:first-child:has-text("Prompt 5."):has-text("4 measured")')
    expect(await row.locator('details').getAttribute('open'), 'what was open stays open').not.toBeNull()
    expect(await page.evaluate(() => document.activeElement?.tagName), 'what was focused stays so').toBe('SUMMARY')
    expect(await row.getAttribute('value')).toBe('1')
    expect(await page.title()).toBe('triage · Krige')
    expect(await page.locator('#report img').count(), 'texts of prompts are no markup').toBe(0)
    expect(errors).toEqual([])

    await page.fill('#search', 'prompt 3.')
    await page.waitForSelector('#found:has-text("1 of 6")')
    await observe(3, 1)
    await page.waitForSelector('#prompts li:has-text("Prompt 3."):has-text("4 measured")')
    expect(await page.locator('#prompts li:visible').count(), 'a search survives an update').toBe(1)

    await page.locator('#pause').press('Enter')
    await ofState(page, 'paused')
    expect(await call('/studies/triage/ask', {})).toMatchObject({ actions: [], status: 'wait' })
  })

  it('has two prompts compared by arrow keys', async () => {
    const pool = ['Label it.', 'Name the label.', 'Write a poem.']
    const { url, call } = await startServer({ name: 'pairs', pool, exampleCount: 5, policy: 'comparison' })
    const { page, errors } = await openPage(`${url}/studies/pairs/live#token=${TOKEN}`)
    await ofState(page, 'running')
    await page.locator('#compare').press('Enter')
    await page.waitForSelector('#compare-dialog[open]')
    for (let k = 1; k <= 6; k++) {
      // The second of the pool is the better one, whoever it meets and where.
      const [left, right] = [await text(page, 'left'), await text(page, 'right')]
      const key = left === pool[1] ? 'ArrowLeft' : right === pool[1] ? 'ArrowRight' : 'ArrowDown'
      await page.keyboard.press(key)
      await page.waitForSelector(`#compared:has-text("${k} compared.")`)
    }
    expect((await call('/studies/pairs/best')).best.candidate.text).toBe(pool[1])
    expect((await call('/studies/pairs')).spent.evaluations, 'a person costs no budget').toBe(0)
    expect(errors).toEqual([])
  })

  it('scrolls through 5,000 prompts while results arrive', async () => {
    const n = 5000
    const pool = Array.from({ length: n }, (_, index) => `Classify the ticket, variant ${index}. `.repeat(6))
    const { url, call } = await startServer({ name: 'big', pool, exampleCount: 20, policy: 'random' })
    let told = 0
    const observe = (count: number) => {
      const observations = Array.from({ length: count }, (_, offset) => told + offset).map((k) => ({
        candidate: { index: (k * 7919) % n },
        example: Math.floor(k / n),
        score: (k * 31) % 13 < 6 ? 1 : 0,
      }))
      told += count
      return call('/studies/big/observe', { observations })
    }
    await observe(n)
    const { page, errors } = await openPage(`${url}/studies/big/live#token=${TOKEN}`)
    await page.waitForSelector(`#prompts ol:nth-child(${n / 50}) li:nth-child(50)`, {
      state: 'attached',
      timeout: 60_000,
    })
    const telling = setInterval(() => void observe(10), 200)
    cleanUp.push(() => clearInterval(telling))
    const frames = await page.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          document.getElementById('all')!.scrollIntoView()
          const times: number[] = []
          const start = performance.now()
          let last = start
          const step = (now: number) => {
            times.push(now - last)
            last = now
            scrollBy(0, 60)
            if (now - start < 4000) requestAnimationFrame(step)
            else resolve(times.sort((a, b) => a - b))
          }
          requestAnimationFrame(step)
        }),
    )
    // A frame at 60 Hz takes 17 ms; a list laid out as a whole takes hundreds.
    expect(frames[frames.length >> 1]).toBeLessThan(40)
    await page.fill('#search', 'variant 4321.')
    await page.waitForSelector('#found:has-text(" of 5000")')
    expect(errors).toEqual([])
  })
})
