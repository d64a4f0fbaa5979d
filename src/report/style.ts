/** The look of a report: one column, system fonts, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2127; --quiet: #5b6672; --rule: #dde2e8; --soft: #f4f6f8;
  --accent: #1d5fd0; --band: #1d5fd024; --good: #146c37; --goodSoft: #e2f3e8; --warn: #8a5300; --warnSoft: #fdf0d9; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6e9ed; --quiet: #9aa5b1; --rule: #2d343d;
  --soft: #1c2229; --accent: #7fb0ff; --band: #7fb0ff2e; --good: #7ddb9c; --goodSoft: #16321f; --warn: #f3c06b; --warnSoft: #362a12; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif; overflow-wrap: anywhere }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; overflow-wrap: anywhere }
h2 { font-size: 17px; margin: 40px 0 10px; padding-top: 14px; border-top: 1px solid var(--rule) }
p { margin: 8px 0 } .quiet { color: var(--quiet) }
.badge { display: inline-block; padding: 2px 10px; border-radius: 99px; font-weight: 600; font-size: 14px; background: var(--soft); color: var(--ink); border: 1px solid var(--rule) }
.badge.improved { background: var(--goodSoft); color: var(--good); border-color: currentColor }
.badge.undecided, .badge.unfinished { background: var(--warnSoft); color: var(--warn); border-color: currentColor }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 18px 0 }
.figure { background: var(--soft); border-radius: 8px; padding: 12px 14px } .figure b { display: block; font-size: 22px; font-variant-numeric: tabular-nums } .figure span { color: var(--quiet); font-size: 13px }
pre { background: var(--soft); border-radius: 8px; padding: 12px 14px; margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; unicode-bidi: plaintext }
.winner pre { border-left: 3px solid var(--accent) }
.slot { color: var(--quiet); font-size: 13px; margin: 10px 0 0 }
.scroll, .plot { overflow-x: auto; background: linear-gradient(to right, var(--paper) 30%, transparent) 0 0 / 40px 100% no-repeat local, linear-gradient(to left, var(--paper) 30%, transparent) 100% 0 / 40px 100% no-repeat local, linear-gradient(to right, #7f7f7f59, transparent) 0 0 / 10px 100% no-repeat scroll, linear-gradient(to left, #7f7f7f59, transparent) 100% 0 / 10px 100% no-repeat scroll }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; overflow-wrap: normal; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top }
th { font-weight: 600; font-size: 13px; color: var(--quiet); white-space: nowrap } td.number, th.number { text-align: right; white-space: nowrap }
@media (max-width: 600px) { th, th.number { white-space: normal } main { padding: 24px 14px 48px }
  .prompts { padding-left: 2.8em !important } .answers, .answers tbody, .answers tr, .answers td { display: block; min-width: 0 !important } .answers thead { display: none } .answers tr { border-bottom: 1px solid var(--rule); padding: 6px 0 } .answers td { border: 0; padding: 2px 0 !important }
  .answers td:nth-child(2)::before { content: 'winner ' } .answers td:nth-child(3)::before { content: 'baseline ' } }
th[scope=row] { font: inherit; color: inherit; white-space: normal } th.name { overflow-wrap: anywhere; min-width: 110px }
td.text { max-width: 380px; min-width: 180px; overflow-wrap: anywhere } td summary { cursor: pointer; overflow-wrap: anywhere; unicode-bidi: plaintext } td.bar { width: 150px }
tr.winner td { background: var(--band) } tr td:first-child, tr th:first-child { padding-left: 8px }
.warnings { background: var(--warnSoft); border-radius: 8px; padding: 10px 14px 10px 32px; margin: 14px 0 } .warnings li { margin: 4px 0 }
svg { display: block; width: 100%; height: auto } svg.bar { width: 140px; height: 14px; margin-top: 5px }
.grid { stroke: var(--rule) } .tick { fill: var(--quiet); font-size: 12px } .line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round }
.dot { fill: var(--accent); stroke: var(--paper); stroke-width: 1.5 } .reference { stroke: var(--quiet); stroke-dasharray: 4 4 }
.rail { stroke: var(--rule) } .range { stroke: var(--quiet); stroke-width: 3; stroke-linecap: round } svg.bar circle { fill: var(--quiet) }
.bar.winner .range { stroke: var(--accent) } svg.bar.winner circle { fill: var(--accent) }
.tag { font-size: 12px; color: var(--quiet); border: 1px solid var(--rule); border-radius: 4px; padding: 0 5px; margin-left: 6px; white-space: nowrap }
h3 { font-size: 15px; margin: 18px 0 6px } main { max-width: 960px }
.change { font-size: 20px; font-variant-numeric: tabular-nums; margin-left: 6px }
.plot { margin: 10px 0 } .plot svg { min-width: 640px; overflow: visible }
ins { background: var(--goodSoft); color: var(--good); text-decoration: underline } del { background: var(--warnSoft); color: var(--warn) }
.legend { display: flex; gap: 8px; align-items: center; color: var(--quiet); font-size: 13px } .ramp { width: 160px; height: 10px; border-radius: 3px; background: linear-gradient(90deg, #2b446e, #787573, #b6ab73, #fdea45) }
.prompts { padding: 0 0 0 3.4em; margin: 0; font-variant-numeric: tabular-nums } .prompts:not(:last-child) { content-visibility: auto; contain-intrinsic-height: auto 4400px } .prompts li { border-bottom: 1px solid var(--rule); padding: 8px } .prompts li.winner { background: var(--band) }
.prompts li::marker { color: var(--quiet) } summary { cursor: pointer } .prompts li > * { margin-right: 10px } .prompts .id { display: inline-block } .prompts svg.bar { display: inline-block; vertical-align: middle; margin: 0 10px 0 0 } [hidden] { display: none !important }
input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--quiet); border-radius: 6px; padding: 4px 8px; min-width: 220px } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.line { padding-left: 1.6em } .line li { margin: 10px 0 } .family, .family ul { list-style: none; padding-left: 14px } .family { padding-left: 0 } .family ul { border-left: 1px solid var(--rule); margin-left: 4px } .family li { margin: 6px 0 } .family summary { color: var(--quiet); font-size: 13px }
#contents { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 20px 0 -16px; font-size: 14px } a { color: var(--accent) } section { scroll-margin-top: 8px }
.answers { table-layout: fixed; min-width: 640px } .answers th:first-child { width: 36% } .answers p { margin: 4px 0; font-size: 13px } .answers pre { margin: 4px 0 } .better { color: var(--good) }
.skip { position: absolute; left: -9999px } .skip:focus { left: 8px; top: 8px; background: var(--paper); padding: 6px 10px }
@media print { .search, .skip, #contents { display: none } .prompts:not(:last-child) { content-visibility: visible } figure { break-inside: avoid } main { max-width: none } details { break-inside: avoid } }
`
