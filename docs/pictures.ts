/**
 * Draws the pictures of the README: the quickstart's report, and the live view in the middle of the same search.
 *
 *     npm run docs:pictures          # needs Chromium
 *
 * @module
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { findBrowser } from '../test/support/browser.ts'

const root = resolve(import.meta.dirname, '..')
const MAIN = 'src/cli/main.ts'
const TABLE = 'data/instruct/ticket-triage.qwen2.5-coder-1.5b-instruct.json.gz'
const RUN = ['run', 'data/tasks/ticket-triage/task-instruct.yaml', '--model', `table:${TABLE}`, '--store', 'memory:']

async function drawReport(browser: Browser): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'krige-pictures-'))
  const file = join(folder, 'report.html')
  execFileSync(process.execPath, [MAIN, ...RUN, '--report', file], { cwd: root, stdio: 'ignore' })
  const page = await browser.newPage({ viewport: { width: 1100, height: 1180 } })
  await page.goto(pathToFileURL(file).href)
  await page.screenshot({ path: join(root, 'docs/report.png') })
  rmSync(folder, { recursive: true })
}

/** The same search, paused a third of the way. */
async function drawLiveView(browser: Browser): Promise<void> {
  const run = spawn(process.execPath, [MAIN, ...RUN, '--open'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    run.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said += piece
      const [, found] = /Live view: (\S+)\n/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    })
    run.once('close', () => reject(new Error(said)))
  })
  const [address, token] = url.split('/live#token=') as [string, string]
  const call = async (path: string, body?: object) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
    const sent = body ? { method: 'POST', body: JSON.stringify(body) } : {}
    return (await fetch(address + path, { headers, ...sent })).json()
  }
  while ((await call('')).spent.evaluations < 160) await setTimeout(5)
  await call('/control', { command: 'pause' })
  const page = await browser.newPage({ viewport: { width: 1100, height: 680 } })
  await page.goto(url)
  await page.waitForSelector('#prompts li')
  await page.screenshot({ path: join(root, 'docs/live.png') })
  await call('/control', { command: 'stop' })
  await page.close()
}

const browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] })
try {
  await drawReport(browser)
  await drawLiveView(browser)
} finally {
  await browser.close()
}
