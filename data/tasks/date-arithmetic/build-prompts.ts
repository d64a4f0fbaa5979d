/**
 * Crosses instructions with demonstration sets in three formats and writes prompts.jsonl.
 *
 * Run: `node data/tasks/date-arithmetic/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const instructions: Readonly<Record<string, string>> = {
  plain: 'Complete the sentence.',
  short: 'Give only the next day, month, time, year or duration.',
  week: 'The days are Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday. The months go from January to December. What comes next?',
  step: 'Look at the step between one item and the next and take the same step once more.',
  facts: 'After Sunday comes Monday, after December comes January, after 9:59 comes 10:00. Continue each series.',
  role: 'You are a careful secretary who keeps the calendar and never gets a date wrong.',
  strict: 'Write the item that comes next and nothing else: no sentence, no explanation.',
  none: 'Dates and times:',
}

const simple: readonly Demonstration[] = [
  ['The shop opened on Thursday, Friday, Saturday, and next on', 'Sunday'],
  ['The lamp flashed at 1:00, 1:05, 1:10,', '1:15'],
  ['Meetings were in February, March, April, then in', 'May'],
]

const stepped: readonly Demonstration[] = [
  ['The church was restored in 1840, 1860, 1880, and after that', '1900'],
  ['Deliveries came on Saturday, Monday, Wednesday,', 'Friday'],
  ['His naps lasted 11 minutes, 22 minutes, 33 minutes, then', '44 minutes'],
]

const sets: Readonly<Record<string, readonly Demonstration[]>> = {
  none: [],
  one: simple.slice(0, 1),
  two: [simple[1]!, stepped[2]!],
  'three-simple': simple,
  'three-stepped': stepped,
  four: [stepped[1]!, simple[2]!, stepped[0]!, simple[1]!],
  six: [...simple, ...stepped],
}

const formats: Readonly<Record<string, { readonly before: string; readonly after: string }>> = {
  answer: { before: 'Question:', after: 'Answer:' },
  next: { before: 'Series:', after: 'Next:' },
  dots: { before: '-', after: '...' },
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
