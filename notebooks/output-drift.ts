/**
 * Whether a notebook still says what it said: texts equal, numbers equal as far as they were printed.
 *
 * @module
 */
import type { Notebook, Output } from './notebook-file.ts'
import { joined } from './text-lines.ts'

export interface Drift {
  /** Position among all cells, from 1. */
  readonly cell: number
  readonly stored: string
  readonly now: string
}

/** The first difference of every code cell whose outputs differ; the cells themselves are the same. */
export function outputDrift(stored: Notebook, now: Notebook): Drift[] {
  return stored.cells.flatMap((cell, index) => {
    const other = now.cells[index]
    if (cell.cell_type !== 'code' || other?.cell_type !== 'code') return []
    const before = cell.outputs.flatMap(asLines)
    const after = other.outputs.flatMap(asLines)
    for (let i = 0; i < Math.max(before.length, after.length); i++) {
      const [a, b] = [before[i] ?? '(nothing)', after[i] ?? '(nothing)']
      if (!sameText(a, b)) return [{ cell: index + 1, stored: a, now: b }]
    }
    return []
  })
}

/** What a reader sees of an output, one string per line, each kind headed by its name. */
function asLines(output: Output): string[] {
  if (output.output_type === 'stream') return [output.name, ...joined(output.text).trimEnd().split('\n')]
  return Object.entries(output.data).flatMap(([mime, text]) => [mime, ...joined(text).trimEnd().split('\n')])
}

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi

/**
 * Equal but for white space and rounding. A number printed with a fraction may differ by a rounding the other way (1.5
 * units of its last digit) or by 1e-6 of itself. Libraries of mathematical functions differ in their last bits. An
 * integer may not differ.
 *
 * @example
 * sameText('regret 0.312', 'regret  0.313') // true
 */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [a.match(NUMBER) ?? [], b.match(NUMBER) ?? []]
  const words = (text: string) => text.replace(NUMBER, ' # ').replace(/\s+/g, ' ').trim()
  return words(a) === words(b) && left.every((number, i) => sameNumber(number, right[i]!))
}

function sameNumber(a: string, b: string): boolean {
  const [x, y] = [Number(a), Number(b)]
  if (x === y) return true
  const unit = Math.max(lastDigit(a), lastDigit(b))
  if (unit >= 1) return false
  return Math.abs(x - y) <= Math.max(1.5 * unit, 1e-6 * Math.abs(x))
}

/** Size of one unit in the last digit printed: 0.01 for 3.14; 1 or more for an integer. */
function lastDigit(number: string): number {
  const [digits = '', exponent = '0'] = number.toLowerCase().split('e')
  const places = digits.split('.')[1]?.length ?? 0
  return 10 ** (Number(exponent) - places)
}
