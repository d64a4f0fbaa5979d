import { describe, expect, it } from 'vitest'
import { readMark } from '../../../src/evaluation/metrics/read-mark.ts'

const CASES: readonly (readonly [text: string, low: number, high: number, mark: number | undefined])[] = [
  ['Mark: -4', -5, 5, -4],
  ['Mark: −4', -5, 5, -4],
  ['Mark: -1', 1, 5, undefined],
  ['Mark: **4** out of 5. Benchmark 1', 1, 5, 4],
  ['Mark: 4. Trademark 2', 1, 5, 4],
  ['Mark: 4,5', 1, 5, 4.5],
  ['**Mark:** **4**', 1, 5, 4],
  ['4/5', 1, 5, 4],
  ['{"score": 4}', 1, 5, 4],
  ['{"mark": "4"}', 1, 5, 4],
  ['Mark: 8/10', 1, 5, undefined],
  ['Mark (1-5): 4', 1, 5, 4],
  ['Mark: four', 1, 5, 4],
  ['Good.\n\n4', 1, 5, 4],
  ['Mark: 3-4', 1, 5, undefined],
  ['Mark - 4', 1, 5, 4],
  ['Mark – 4', 1, 5, 4],
  ['Mark: ４', 1, 5, 4],
  ['Mark: 80%', 0, 100, 80],
  ['Mark: 80%', 1, 5, undefined],
  ['Mark: 1,000', 0, 1000, 1000],
  ['I cannot say.', 1, 5, undefined],
  ['Rating: 3\nMark: 4', 1, 5, 4],
  ['4', 1, 5, 4],
  ['**4**', 1, 5, 4],
  ['4 out of 5', 1, 5, 4],
  ['Mark: <4>', 1, 5, 4],
  ['Mark: 4.0', 1, 5, 4],
  ['Mark: 4.', 1, 5, 4],
  ['mark is 4', 1, 5, 4],
  ['I give a mark of 4 of 5.', 1, 5, 4],
  ['Mark: `4`', 1, 5, 4],
  ['Mark: 0.5', 0, 1, 0.5],
  ['Mark: .5', 0, 1, 0.5],
  ['Markdown 3', 1, 5, undefined],
  ['Mark: 2\nMark: 3', 1, 5, 3],
  ['Mark: 5/5 stars', 1, 5, 5],
  ['Mark:4', 1, 5, 4],
  ['Final mark:\n4', 1, 5, 4],
  ['Mark: "4"', 1, 5, 4],
  ['Mark: +4', 1, 5, 4],
  ['Mark: -0.5', -1, 1, -0.5],
  ['Score - -4', -5, 5, -4],
  ['Mark: [4]', 1, 5, 4],
  ['Mark: \\boxed{4}', 1, 5, undefined],
  ['Mark: 4 / 5', 1, 5, 4],
  ['Mark: 9/10\n\nMark: 4', 1, 5, 4],
  ['MARK: 4', 1, 5, 4],
  ['Mark: ٤', 1, 5, 4],
  ['Mark: 4½', 1, 5, 4.5],
  ['Mark: 1/2', 0, 1, undefined],
  ['Mark: (4)', 1, 5, 4],
  ['Mark: (-4)', -5, 5, -4],
  ['Mark (from 1 to 5): 4', 1, 5, 4],
  ['Mark: 4 out of five', 1, 5, 4],
  ['Mark: 4 out of ten', 1, 5, undefined],
  ['Mark: 5\n\nA mark of 3 would be too low.', 1, 5, 5],
  ['Mark: 4, for 2 reasons', 1, 5, 4],
  ['Mark: 3 (out of 5)', 1, 5, 3],
  ['Mark: - 4', -5, 5, -4],
  ['Mark: minus four', -5, 5, -4],
  ['Mark: negative 4', -5, 5, -4],
  ['Mark: 3 or 4', 1, 5, undefined],
  ['Mark: 2, 3', 1, 5, undefined],
  ['Marks: 4, 5 and 3', 1, 5, undefined],
  ['Mark: 4 1/2', 1, 5, 4.5],
  ['Mark: four and a half', 1, 5, 4.5],
  ['Mark: about 4', 1, 5, 4],
  ['<mark>4</mark>', 1, 5, 4],
  ['| **Mark** | **4** |', 1, 5, 4],
  ['Mark -> 4', 1, 5, 4],
  ['Mark (−5…5): -4', -5, 5, -4],
  ['Mark on a scale from 1 to 5: 4', 1, 5, 4],
  ['Score — 3.5/5', 1, 5, 3.5],
  ['Mark: >4', 1, 5, undefined],
  ['Mark: ±4', -5, 5, undefined],
  ['{"score": 4, "scale": 10}', 1, 5, 4],
]

describe('readMark', () => {
  it.each(CASES)('reads %j on a scale from %d to %d as %s', (text, low, high, mark) => {
    expect(readMark(text, low, high)).toBe(mark)
  })

  it.each(['mark', 'mark ', 'mark:', 'mark (', '1', '-', '4/'])(
    'takes time linear in the text: %j, many times over',
    (part) => {
      const started = performance.now()
      readMark(part.repeat(20_000), 1, 5)
      readMark(`Mark:${' '.repeat(200_000)}`, 1, 5)
      expect(performance.now() - started).toBeLessThan(1500)
    },
  )
})
