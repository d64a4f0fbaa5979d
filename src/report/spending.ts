/**
 * What a study spent, and what came to nothing.
 *
 * @module
 */
import type { StudyState } from '../study/state.ts'
import { costTable } from './costs.ts'
import { type Html, html } from './html.ts'
import { count, dollars } from './numbers.ts'
import type { RankedCandidate } from './ranking.ts'
import type { ReportOptions } from './report-options.ts'

export function spending({ state, costs = [], models = {} }: ReportOptions): Html {
  const { spent, limits, reserved, exceeded } = state.ledger
  const line = (label: string, used: string, limit: string | undefined) =>
    html`<tr><th scope="row">${label}</th><td class="number">${used}</td><td class="number">${limit ?? '–'}</td></tr>`
  const limit = (value: number | undefined) => (value === undefined ? undefined : count(value))
  return html`<div class="scroll"><table><thead><tr><td></td><th class="number">spent</th><th class="number">budget</th></tr></thead><tbody>
${line('evaluations (search and holdout)', count(spent.evaluations), limit(limits.evaluations))}
${line('calls (with retries)', count(spent.calls), limit(limits.calls))}
${line('input tokens', count(spent.inputTokens), limit(limits.inputTokens))}
${line('output tokens', count(spent.outputTokens), limit(limits.outputTokens))}
${line('money', dollars(spent.usd), limits.usd === undefined ? undefined : dollars(limits.usd))}
</tbody></table></div>
${state.conclusion === undefined ? undefined : html`<p class="quiet">The search ended: ${state.conclusion.reason}.</p>`}
${costTable(costs, { task: state.config.fingerprint['model'], ...models })}
${reserved.calls > 0 ? html`<p class="quiet">${count(reserved.calls)} calls were in flight when this was written; they are charged at their worst case once the study is resumed.</p>` : undefined}
${exceeded.inputTokens + exceeded.outputTokens > 0 ? html`<p>The provider charged ${count(exceeded.inputTokens)} input and ${count(exceeded.outputTokens)} output tokens more than the worst case we had counted.</p>` : undefined}`
}

export function failures(state: StudyState, rows: readonly RankedCandidate[]): Html | undefined {
  if (state.failures.size === 0) return undefined
  const failed = rows.filter((row) => state.failures.has(row.index)).sort((a, b) => b.failed - a.failed)
  return html`<p class="quiet">Failed cells are missing, not zero: they cost budget and say nothing about the prompt.</p>
<div class="scroll"><table><thead><tr><th>prompt</th><th class="number">failed</th><th>latest reason</th></tr></thead><tbody>
${failed.slice(0, 50).map((row) => html`<tr><th scope="row" class="name">${row.candidate.id}</th><td class="number">${count(state.failures.get(row.index)!.count)}</td><td>${state.failures.get(row.index)!.latest}</td></tr>`)}
</tbody></table></div>
${failed.length > 50 ? html`<p class="quiet">And ${count(failed.length - 50)} more prompts.</p>` : undefined}`
}
