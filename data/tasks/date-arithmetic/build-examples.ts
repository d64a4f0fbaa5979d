/**
 * Writes questions.jsonl: 240 regular series in time, 48 of each of five kinds, every kind in several wordings.
 *
 * Run: `node data/tasks/date-arithmetic/build-examples.ts`
 */
import { drawDistinct, seededDraw, type WrittenExample, writeExamples } from '../draw-examples.ts'

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

const draw = seededDraw(11)

const oneOf = <Value>(values: readonly Value[]): Value => values[draw.below(values.length)]!

/** Three terms of a series put into a wording, and the fourth as the answer. */
const series = (term: (index: number) => string, wordings: readonly string[]): WrittenExample => ({
  input: oneOf(wordings).replace('…', [0, 1, 2].map(term).join(', ')),
  expected: term(3),
})

const cycle = (names: readonly string[], start: number, step: number) => (index: number) =>
  names[(((start + index * step) % names.length) + names.length) % names.length]!

const weekday = () =>
  series(cycle(DAYS, draw.below(7), oneOf([1, 1, 2, -1])), [
    'The club met on …, and next on',
    'Bins were emptied on …, then on',
    'The nurse comes on …,',
    'Rehearsals: …, and after that',
  ])

const month = () =>
  series(cycle(MONTHS, draw.below(12), oneOf([1, 1, 2, 3, -1])), [
    'The meter was read in …, and next in',
    'Visits took place in …, then in',
    'The magazine comes out in …,',
    'Payments fall due in …, and after that',
  ])

const clock = () => {
  const start = 60 * draw.between(6, 19) + oneOf([0, 0, 10, 30])
  const step = oneOf([10, 15, 20, 30, 60])
  const show = (index: number): string => {
    const minutes = start + index * step
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
  }
  return series(show, [
    'The bus left at …, and next at',
    'The bell rang at …, then at',
    'Trains arrive at …,',
    'Appointments are at …, and after that',
  ])
}

const year = () => {
  const [start, step] = [1900 + 10 * draw.between(0, 9), oneOf([1, 2, 4, 5, 10])]
  return series(
    (index) => String(start + index * step),
    [
      'The festival was held in …, and next in',
      'The bridge was painted in …, then in',
      'Games took place in …,',
      'Years of the census: …, and after that',
    ],
  )
}

const duration = () => {
  const [step, unit] = [draw.between(2, 10), oneOf(['minutes', 'hours', 'days', 'weeks'])]
  const first = step * draw.between(1, 3)
  return series(
    (index) => `${first + index * step} ${unit}`,
    [
      'The breaks grew longer: …, and next',
      'The storms lasted …, then',
      'Each journey takes longer: …,',
      'Warranties last …, and after that',
    ],
  )
}

writeExamples(
  [weekday, month, clock, year, duration].flatMap((kind) => drawDistinct(kind, 48)),
  'questions.jsonl',
  import.meta.url,
  draw,
)
