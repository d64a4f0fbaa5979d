/**
 * What calls took by what they were for.
 *
 * @module
 */
import type { StudyEvent } from '../study/events.ts'
import { type Html, html } from './html.ts'
import { count, dollars } from './numbers.ts'

/** What the settled calls of one role and stage took. */
export interface RoleCost {
  readonly role: string
  readonly stage?: string
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly usd: number
}

/** Adds up the events of a log, in order. */
export interface CostCounter {
  add(event: StudyEvent): void
  /** Dearest first. */
  costs(): RoleCost[]
}

/**
 * @example
 * const counter = createCostCounter()
 * for (const event of study.drain()) counter.add(event)
 * counter.costs() // []: nothing was called yet
 */
export function createCostCounter(): CostCounter {
  const open = new Map<number, string>()
  const totals = new Map<string, { -readonly [Key in keyof RoleCost]: RoleCost[Key] }>()
  return {
    add(event) {
      if (event.type === 'reserved') {
        const { role = 'unknown', stage } = event.for ?? {}
        const key = JSON.stringify([role, stage ?? null])
        open.set(event.call, key)
        if (totals.has(key)) return
        totals.set(key, {
          role,
          ...(stage === undefined ? {} : { stage }),
          calls: 0,
          inputTokens: 0,
          outputTokens: 0,
          usd: 0,
        })
      } else if (event.type === 'settled') {
        const total = totals.get(open.get(event.call) ?? '')
        open.delete(event.call)
        if (!total || event.unsent) return
        total.calls++
        total.inputTokens += event.inputTokens
        total.outputTokens += event.outputTokens
        total.usd += event.usd
      }
    },
    costs: () =>
      [...totals.values()].filter(({ calls }) => calls > 0).sort((a, b) => b.usd - a.usd || b.calls - a.calls),
  }
}

/** @param models The model of each role, where known. */
export function costTable(
  costs: readonly RoleCost[],
  models: Readonly<Record<string, string | undefined>>,
): Html | undefined {
  if (costs.length === 0) return undefined
  return html`<h3>By role and model</h3><div class="scroll"><table><thead><tr><th>role</th><th>model</th><th class="number">calls</th><th class="number">input tokens</th><th class="number">output tokens</th><th class="number">money</th></tr></thead><tbody>
${costs.map(({ role, stage, calls, inputTokens, outputTokens, usd }) => html`<tr><th scope="row">${role}${stage === undefined ? '' : `, stage ${stage}`}</th><td>${models[role] ?? 'unknown'}</td><td class="number">${count(calls)}</td><td class="number">${count(inputTokens)}</td><td class="number">${count(outputTokens)}</td><td class="number">${dollars(usd)}</td></tr>`)}
</tbody></table></div>`
}
