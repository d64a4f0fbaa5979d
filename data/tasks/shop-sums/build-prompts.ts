/**
 * Crosses instructions with demonstration sets in three formats and writes prompts.jsonl.
 *
 * Run: `node data/tasks/shop-sums/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const instructions: Readonly<Record<string, string>> = {
  plain: 'Solve the problem.',
  number: 'Answer with a number and nothing else.',
  pupil: 'Sums for the second class, with their results.',
  role: 'You are a shopkeeper who is quick at mental arithmetic.',
  facts: '1 kilogram is 1000 grams, 1 metre is 100 centimetres, 1 dollar is 100 cents, a dozen is 12.',
  choose: 'Decide whether to add, subtract or multiply, do it in your head, and write the result only.',
  careful: 'Read the problem twice, because the question stands at the end. Then write the number.',
  none: 'Shop:',
}

const add: Demonstration = ['A hat costs 9 dollars and a tie costs 5 dollars. How much do both cost?', '14']
const subtract: Demonstration = ['There are 12 eggs and 7 break. How many are left?', '5']
const multiply: Demonstration = ['One ticket is 6 dollars. What do 4 tickets cost?', '24']
const unit: Demonstration = ['How many centimetres are 11 metres?', '1100']
const change: Demonstration = ['Rosa pays 8 dollars with a 20 dollar note. How much does she get back?', '12']
const more: Demonstration = ['Finn had 13 stamps and got 4 more. How many has he now?', '17']

/** The same demonstrations with the sum written out before its result. */
const worked: readonly Demonstration[] = [
  [add[0], '9 + 5 = 14'],
  [subtract[0], '12 - 7 = 5'],
  [multiply[0], '4 * 6 = 24'],
  [unit[0], '11 * 100 = 1100'],
  [change[0], '20 - 8 = 12'],
  [more[0], '13 + 4 = 17'],
]

const sets: Readonly<Record<string, readonly Demonstration[]>> = {
  none: [],
  two: [add, subtract],
  four: [subtract, multiply, add, unit],
  six: [add, subtract, multiply, unit, change, more],
  'two-worked': worked.slice(0, 2),
  'four-worked': [worked[3]!, worked[4]!, worked[5]!, worked[2]!],
  'six-worked': worked,
}

const formats: Readonly<Record<string, { readonly before: string; readonly after: string }>> = {
  answer: { before: 'Question:', after: 'Answer:' },
  letters: { before: 'Q:', after: 'A:' },
  result: { before: 'Problem:', after: 'The result is' },
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
