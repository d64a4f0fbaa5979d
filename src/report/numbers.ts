/** Numbers as people read them. Scores in [0, 1] are shown as such, not as percentages: not every score is a share. */

/** Three decimals, or fewer where they say nothing. */
export function score(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const magnitude = Math.abs(value)
  const digits = magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3
  const text = value.toFixed(digits)
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace('-', '−')
}

export function signedScore(value: number): string {
  return value > 0 ? `+${score(value)}` : score(value)
}

/** As everywhere: `[0.402, 0.598]`. */
export function interval([low, high]: readonly [number, number], shown: (value: number) => string = score): string {
  return Number.isNaN(low) ? '–' : `[${shown(low)}, ${shown(high)}]`
}

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export function count(value: number): string {
  return WHOLE.format(value)
}

/** A number of things, as in `1 example`, `20 examples`. */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`
}

export function dollars(value: number): string {
  if (value === 0) return '$0'
  return value < 0.01 ? `$${value.toPrecision(2)}` : `$${value.toFixed(2)}`
}

export function probability(value: number): string {
  if (value >= 0.995) return '> 99%'
  if (value < 0.005) return '< 1%'
  return `${Math.round(100 * value)}%`
}
