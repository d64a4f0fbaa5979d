import { createHash } from 'node:crypto'
import { html, toText, trusted } from '../../report/html.ts'
import { SEARCH_SCRIPT, SEARCH_SCRIPT_HASH } from '../../report/search-script.ts'
import { STYLE } from '../../report/style.ts'
import { createConnection } from './connection.ts'
import { offerControls } from './controls.ts'
import { listStudies } from './list-studies.ts'
import { createReportView } from './report-view.ts'
import { LIVE_STYLE } from './style.ts'
import { watchStudy } from './watch-study.ts'

interface Page {
  readonly html: string
  /** Its content security policy: its own scripts, its own server, nothing else. */
  readonly policy: string
}

/** A function as the text of a script, called with other functions. */
function scriptOf<Parts extends Record<string, unknown>>(start: (parts: Parts) => void, parts: Parts): string {
  const given = Object.entries(parts).map(([name, part]) => `${name}: ${String(part)}`)
  return `(${start.toString()})({ ${given.join(', ')} })`
}
const WATCH = scriptOf(watchStudy, { createConnection, createReportView, offerControls })
const LIST = scriptOf(listStudies, { createConnection })
const hashOf = (script: string) => `sha256-${createHash('sha256').update(script).digest('base64')}`

const policyOf = (script: string) =>
  [
    "default-src 'none'",
    `script-src '${SEARCH_SCRIPT_HASH}' '${hashOf(script)}'`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const head = (title: string) => html`<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${trusted(`<style>${STYLE}${LIVE_STYLE}</style>`)}`

/** Asked for once; it stays in this tab. */
const askToken = html`<dialog id="ask-token" aria-labelledby="ask-token-title"><form>
<h2 id="ask-token-title">This server wants its token</h2>
<p><label for="token">Token</label> <input id="token" type="password" autocomplete="off" required></p>
<p class="actions"><button>Open</button></p></form></dialog>`

/** The page of a study. What it shows it asks for. */
export function livePage(): Page {
  return {
    policy: policyOf(WATCH),
    html: toText(html`<!doctype html>
<html lang="en">
<head>
${head('Krige')}
</head>
<body>
<a class="skip" href="#all">Skip to all prompts</a>
<header class="live"><div>
<p class="now"><span id="state" class="badge" role="status">connecting</span> <span id="numbers" class="quiet"></span></p>
<p class="actions">
<button id="pause" type="button" disabled>Pause</button>
<button id="stop" type="button" disabled>Stop</button>
<button id="try" type="button" disabled>Try a prompt</button>
<button id="compare" type="button" disabled hidden>Compare two</button>
</p>
</div><p id="notice" role="alert" hidden></p></header>
<main id="report" aria-busy="true"><p class="quiet">The report is on its way.</p></main>
<dialog id="stop-dialog" aria-labelledby="stop-title"><form>
<h2 id="stop-title">Stop this search?</h2>
<p id="stop-words"></p>
<p class="actions"><button value="stop">Stop</button> <button type="button" class="close">Go on</button></p></form></dialog>
<dialog id="try-dialog" aria-labelledby="try-title"><form>
<h2 id="try-title">Try a prompt</h2>
<p class="quiet">It joins the pool and is measured next, within the budget.</p>
<div id="try-fields"></div>
<p><label for="try-count">On how many examples</label> <input id="try-count" type="number" min="1" step="1" required></p>
<p class="actions"><button>Measure it next</button> <button type="button" class="close">Cancel</button></p></form></dialog>
<dialog id="compare-dialog" aria-labelledby="compare-title">
<h2 id="compare-title">Which prompt is better?</h2>
<p class="quiet" id="compare-words"></p><pre id="compare-input" dir="auto" hidden></pre>
<div class="pair"><section aria-labelledby="left-title"><h3 id="left-title">Left</h3><pre id="left" dir="auto"></pre></section>
<section aria-labelledby="right-title"><h3 id="right-title">Right</h3><pre id="right" dir="auto"></pre></section></div>
<p class="actions"><button type="button" data-outcome="1" aria-keyshortcuts="ArrowLeft">← Left</button>
<button type="button" data-outcome="0.5" aria-keyshortcuts="ArrowDown">↓ Alike</button>
<button type="button" data-outcome="0" aria-keyshortcuts="ArrowRight">→ Right</button>
<button type="button" id="skip-pair">Another pair</button> <button type="button" class="close">Done</button></p>
<p class="quiet" role="status" id="compared"></p></dialog>
${askToken}
${trusted(`<script>${SEARCH_SCRIPT}</script><script>${WATCH}</script>`)}
</body>
</html>
`),
  }
}

/** The page that lists the stored studies. */
export function studiesPage(): Page {
  return {
    policy: policyOf(LIST),
    html: toText(html`<!doctype html>
<html lang="en">
<head>
${head('Studies · Krige')}
</head>
<body>
<main id="studies" aria-busy="true"><h1>Studies</h1><p class="quiet" role="status" id="notice">The list is on its way.</p><ul></ul>
<p class="quiet"><a href="/openapi.json">What this server answers over HTTP (OpenAPI)</a></p></main>
${askToken}
${trusted(`<script>${LIST}</script>`)}
</body>
</html>
`),
  }
}
