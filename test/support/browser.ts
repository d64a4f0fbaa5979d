/**
 * A real browser without a window. No package brings one that runs everywhere, so it is Chromium or Chrome as installed;
 * `.ci/run` installs Debian's where there is none.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * Where a browser is: `CHROME_PATH`, or the usual places.
 *
 * @throws Error when there is none: what it should have shown is then not known.
 */
export function findBrowser(): string {
  const named = process.env['CHROME_PATH']
  if (named !== undefined && named !== '') return named
  const installed = INSTALLED.find((path) => existsSync(path))
  if (installed !== undefined) return installed
  throw new Error('no browser was found, so nothing is known about pages in one; install Chromium or set CHROME_PATH')
}

/** The document of a page as it is after its scripts have run, as HTML. */
export async function documentOf(browser: string, file: string): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'krige-browser-'))
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    '--virtual-time-budget=2000',
    '--dump-dom',
    pathToFileURL(file).href,
  ]
  try {
    return await new Promise<string>((resolve, reject) => {
      execFile(browser, args, { encoding: 'utf8', timeout: 120_000, maxBuffer: 64e6 }, (error, stdout) => {
        if (error) reject(new Error(`${browser} did not show the page: ${error.message}`))
        else resolve(stdout)
      })
    })
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
