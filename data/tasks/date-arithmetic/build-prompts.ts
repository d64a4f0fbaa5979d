/**
 * Crosses instructions with demonstration sets in three formats and writes prompts.jsonl.
 *
 * Run: `node data/tasks/date-arithmetic/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const instructions: Readonly<Record<string, string>> = {
  plain: 'Answer the question.',
  short: 'Choose from the words in brackets and give only the day, the month or the number.',
  week: 'The days are Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday. Answer in one word.',
  year: 'The months are January, February, March, April, May, June, July, August, September, October, November, December. Answer in one word.',
  facts:
    'A week has 7 days, a day has 24 hours, an hour has 60 minutes, a minute has 60 seconds, a year has 12 months.',
  role: 'You are a careful secretary who keeps the calendar and never gets a date wrong.',
  count: 'Count forward or backward one step at a time, then give only the right choice.',
  none: 'Dates and times:',
}

const days: readonly Demonstration[] = [
  ['What day is it the day after Sunday? (Friday, Monday or Tuesday)', 'Monday'],
  ['Which day comes two days before Friday? (Wednesday, Saturday or Thursday)', 'Wednesday'],
]
const months: readonly Demonstration[] = [
  ['Which month follows January? (December, March or February)', 'February'],
  ['What month was it one month before August? (July, September or May)', 'July'],
]
const numbers: readonly Demonstration[] = [
  ['How many minutes are 10 hours? (100, 600 or 240)', '600'],
  ['A party starts at 7 and lasts 4 hours. At what hour does it end? (11, 7 or 9)', '11'],
  ['How many days are 9 weeks? (90, 56 or 63)', '63'],
  ['A bridge was built in 1950. How old was it in 1975? (25, 50 or 75)', '25'],
]

const sets: Readonly<Record<string, readonly Demonstration[]>> = {
  none: [],
  two: [days[0]!, numbers[0]!],
  calendar: [...days, ...months],
  numbers,
  four: [days[1]!, numbers[1]!, months[0]!, numbers[2]!],
  'four-others': [numbers[3]!, months[1]!, days[0]!, numbers[0]!],
  eight: [...days, ...months, ...numbers],
}

const formats: Readonly<Record<string, { readonly before: string; readonly after: string }>> = {
  answer: { before: 'Question:', after: 'Answer:' },
  letters: { before: 'Q:', after: 'A:' },
  equals: { before: '*', after: '=' },
}

const shown = Object.fromEntries(
  Object.entries(formats).flatMap(([formatName, format]) =>
    Object.entries(sets).map(([setName, set]) => [
      `${formatName}-${setName}`,
      { ...format, demonstrations: showDemonstrations(set, format.before, format.after) },
    ]),
  ),
)

writePool(
  cross(instructions, shown).map(({ id, left, right }) => ({ id, slots: { instruction: left, ...right } })),
  import.meta.url,
)
