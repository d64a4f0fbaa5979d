/**
 * Writes questions.jsonl: 240 questions in six kinds, forty of each, every kind in several wordings.
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

/** Adds three choices in random order, the right one among them: small models cannot count, but they can recognise. */
const withChoices = (question: string, expected: string, wrong: readonly string[]): WrittenExample => {
  const others = [...new Set(wrong)].filter((choice) => choice !== expected)
  const first = others.splice(draw.below(others.length), 1)[0]!
  const second = others[draw.below(others.length)]!
  const choices = [first, second]
  choices.splice(draw.below(3), 0, expected)
  return { input: `${question} (${choices[0]}, ${choices[1]} or ${choices[2]})`, expected }
}

const numberChoices = (question: string, expected: number, wrong: readonly number[]): WrittenExample =>
  withChoices(question, String(expected), wrong.filter((value) => value > 0).map(String))

const around = (names: readonly string[], index: number, step: number): string =>
  names[(index + step + names.length) % names.length]!

const day = () => {
  const index = draw.below(7)
  const wording = draw.below(10)
  const name = DAYS[index]!
  const forward = `${around(DAYS, index, 1)}`
  const backward = `${around(DAYS, index, -1)}`
  const two = `${around(DAYS, index, 2)}`
  const { input, expected } = [
    { input: `Which day comes after ${name}?`, expected: forward },
    { input: `What day is it the day before ${name}?`, expected: backward },
    { input: `Today is ${name}. What day is it tomorrow?`, expected: forward },
    { input: `Today is ${name}. What day was it yesterday?`, expected: backward },
    { input: `The shop opens one day after ${name}. On which day is that?`, expected: forward },
    { input: `Which day is two days after ${name}?`, expected: two },
    { input: `Tomorrow is ${name}. What day is it today?`, expected: backward },
    { input: `Yesterday was ${name}. What day is it today?`, expected: forward },
    { input: `It is ${name} now. What day will it be in 7 days?`, expected: name },
    { input: `The parcel left on ${name} and took two days. On which day did it come?`, expected: two },
  ][wording]!
  return withChoices(input, expected, [backward, forward, two, around(DAYS, index, 3), around(DAYS, index, -2)])
}

const month = () => {
  const index = draw.below(12)
  const wording = draw.below(7)
  const name = MONTHS[index]!
  const { input, expected } = [
    { input: `Which month comes after ${name}?`, expected: around(MONTHS, index, 1) },
    { input: `Which month comes just before ${name}?`, expected: around(MONTHS, index, -1) },
    { input: `It is ${name}. What month will it be next month?`, expected: around(MONTHS, index, 1) },
    { input: `It is ${name}. What month was it last month?`, expected: around(MONTHS, index, -1) },
    {
      input: `The lease began in ${name} and ran for two months. In which month did it end?`,
      expected: around(MONTHS, index, 2),
    },
    {
      input: `Rent is due in ${name} and again a month later. Which month is that?`,
      expected: around(MONTHS, index, 1),
    },
    { input: `What month is it 12 months after ${name}?`, expected: name },
  ][wording]!
  return withChoices(
    input,
    expected,
    [-2, -1, 1, 2, 3].map((step) => around(MONTHS, index, step)),
  )
}

const smallUnit = () => {
  const count = draw.between(2, 6)
  const kinds = [
    ['minutes', 'hours', 60],
    ['seconds', 'minutes', 60],
    ['hours', 'days', 24],
    ['months', 'years', 12],
  ] as const
  const [small, large, factor] = kinds[draw.below(kinds.length)]!
  const wordings = [
    `How many ${small} are ${count} ${large}?`,
    `A course lasts ${count} ${large}. How many ${small} is that?`,
    `Write ${count} ${large} in ${small}.`,
    `${count} ${large} have how many ${small}?`,
  ]
  const right = count * factor
  return numberChoices(wordings[draw.below(wordings.length)]!, right, [
    count * 10,
    count * 100,
    right + factor,
    right - factor,
  ])
}

const weeks = () => {
  const count = draw.between(2, 8)
  const wordings = [
    `How many days are ${count} weeks?`,
    `The holiday lasts ${count} weeks. How many days is that?`,
    `A letter took ${count} weeks. For how many days was it under way?`,
    `${count} weeks have how many days?`,
    `The ship sails in ${count} weeks. How many days are left?`,
    `We stayed for ${count} weeks. How many days did we stay?`,
  ]
  return numberChoices(wordings[draw.below(wordings.length)]!, count * 7, [
    count * 5,
    count * 10,
    count * 7 + 7,
    count * 7 - 7,
  ])
}

const clock = () => {
  const start = draw.between(1, 7)
  const hours = draw.between(1, 4)
  const wordings = [
    `A film starts at ${start} and lasts ${hours} hours. At what hour does it end?`,
    `The train leaves at ${start} and needs ${hours} hours. At what hour does it arrive?`,
    `It is ${start} o'clock. What hour will it be in ${hours} hours?`,
    `School begins at ${start} and goes on for ${hours} hours. When is it over?`,
    `The cake went into the oven at ${start} and stays in for ${hours} hours. When is it done?`,
  ]
  const text = wordings[draw.below(wordings.length)]!
  const end = start + hours
  return numberChoices(hours === 1 ? text.replace('1 hours', '1 hour') : text, end, [start, end + 1, end - 1, end + 2])
}

const years = () => {
  const start = 1900 + 10 * draw.between(0, 10)
  const span = [5, 10, 15, 20, 30, 40, 50][draw.below(7)]!
  const wordings = [
    `Ada was born in ${start}. How old was she in ${start + span}?`,
    `A house was built in ${start}. How old was it in ${start + span}?`,
    `How many years passed from ${start} to ${start + span}?`,
    `The shop opened in ${start} and closed in ${start + span}. How many years was it open?`,
  ]
  return numberChoices(wordings[draw.below(wordings.length)]!, span, [span + 5, span + 10, span * 2, span - 5])
}

writeExamples(
  [day, month, smallUnit, weeks, clock, years].flatMap((kind) => drawDistinct(kind, 40)),
  'questions.jsonl',
  import.meta.url,
  draw,
)
