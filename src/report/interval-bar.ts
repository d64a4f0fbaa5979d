import { type Html, html } from './html.ts'

/** A mean and its interval on a common scale. */
export function intervalBar(
  mean: number,
  [low, high]: readonly [number, number],
  scale: readonly [number, number],
  kind: 'winner' | 'baseline' | 'other' = 'other',
): Html {
  const width = 140
  const x = (value: number) =>
    (4 + Math.min(1, Math.max(0, (value - scale[0]) / (scale[1] - scale[0] || 1))) * (width - 8)).toFixed(1)
  return html`<svg class="bar ${kind}" viewBox="0 0 ${width} 14" aria-hidden="true"><line class="rail" x1="4" x2="${width - 4}" y1="7" y2="7"/><line class="range" x1="${x(low)}" x2="${x(high)}" y1="7" y2="7"/><circle cx="${x(mean)}" cy="7" r="3.5"/></svg>`
}
