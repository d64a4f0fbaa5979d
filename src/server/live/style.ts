/** What the live view has beside a report. */
export const LIVE_STYLE = `
header.live { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--rule) }
header.live > div { max-width: 960px; margin: 0 auto; padding: 8px 20px; display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; justify-content: space-between }
header.live p { margin: 0 } .now { font-variant-numeric: tabular-nums; min-height: 1.6em }
.actions { display: flex; flex-wrap: wrap; gap: 8px }
button { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--quiet); border-radius: 6px; padding: 3px 12px; cursor: pointer }
button:hover:not(:disabled) { border-color: var(--accent); color: var(--accent) } button:disabled { opacity: .5; cursor: default }
.badge.running { background: var(--goodSoft); color: var(--good); border-color: currentColor }
.badge.paused, .badge.stopped, .badge.lost { background: var(--warnSoft); color: var(--warn); border-color: currentColor }
#notice { background: var(--warnSoft); padding: 8px 20px; text-align: center } #notice:empty { display: none }
section, #all { scroll-margin-top: 64px } #try-fields label { margin-bottom: 4px }
dialog { color: inherit; background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; padding: 20px 24px; width: min(760px, calc(100vw - 32px)); max-height: calc(100vh - 64px); overflow: auto }
dialog::backdrop { background: #0008 } dialog h2 { margin: 0 0 8px; padding: 0; border: 0 } dialog .actions { margin-top: 16px }
textarea { font: 13.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: inherit; background: var(--soft); border: 1px solid var(--quiet); border-radius: 6px; padding: 8px 10px; width: 100%; min-height: 8em; resize: vertical }
#try-fields label { display: block; margin-top: 10px } #try-count { min-width: 0; width: 7em }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px } .pair pre { max-height: 40vh; overflow: auto }
@media (max-width: 600px) { section, #all { scroll-margin-top: 110px } .pair { grid-template-columns: 1fr } .pair pre { max-height: 24vh } header.live > div { padding: 6px 12px } }
@media print { header.live, dialog { display: none } }
`
