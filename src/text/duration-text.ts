const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * A time span in its two largest units; whole seconds are the smallest, and whole days stand alone.
 *
 * @param seconds Not negative; what is below counts as 0.
 * @example
 * durationText(95) // '1 min 35 s'
 * durationText(7200) // '2 h'
 */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < MINUTE) return `${whole} s`
  if (whole < HOUR) return inUnits(whole, MINUTE, 'min', 1, 's')
  if (whole < 2 * DAY) return inUnits(whole, HOUR, 'h', MINUTE, 'min')
  return `${Math.round(whole / DAY)} days`
}

function inUnits(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small)
  const first = `${Math.floor(seconds / large)} ${largeName}`
  return rest === 0 ? first : `${first} ${rest} ${smallName}`
}
