/**
 * Writes problems.jsonl: 240 problems in eight kinds, thirty of each, every kind in several wordings.
 *
 * Run: `node data/tasks/shop-sums/build-examples.ts`
 */
import { drawDistinct, seededDraw, type WrittenExample, writeExamples } from '../draw-examples.ts'

const draw = seededDraw(23)

const oneOf = <Value>(values: readonly Value[]): Value => values[draw.below(values.length)]!
const NAMES = ['Anna', 'Ben', 'Carla', 'David', 'Emma', 'Farid', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Kofi', 'Lena']
const THINGS = ['apples', 'pens', 'stickers', 'books', 'coins', 'cards', 'shells', 'buttons', 'candles', 'marbles']
const GOODS = ['pen', 'cup', 'ball', 'lamp', 'book', 'scarf', 'plant', 'brush', 'towel', 'plate']

const problem = (input: string, result: number): WrittenExample => ({ input, expected: String(result) })

const gain = () => {
  const [name, thing, first, second] = [oneOf(NAMES), oneOf(THINGS), draw.between(2, 8), draw.between(2, 5)]
  return problem(
    oneOf([
      `${name} has ${first} ${thing} and buys ${second} more. How many ${thing} has ${name} now?`,
      `${name} finds ${first} ${thing} on Monday and ${second} on Tuesday. How many ${thing} is that in all?`,
      `There are ${first} ${thing} on the table and ${second} in the box. How many ${thing} are there?`,
    ]),
    first + second,
  )
}

const loss = () => {
  const second = draw.between(2, 5)
  const [name, thing, first] = [oneOf(NAMES), oneOf(THINGS), second + draw.between(1, 6)]
  return problem(
    oneOf([
      `${name} has ${first} ${thing} and gives away ${second}. How many ${thing} are left?`,
      `A shop had ${first} ${thing} and sold ${second}. How many ${thing} remain?`,
      `${name} needs ${first} ${thing} and has ${second}. How many ${thing} are missing?`,
    ]),
    first - second,
  )
}

const total = () => {
  const [one, other] = [oneOf(GOODS), oneOf(GOODS)]
  const [first, second] = [draw.between(2, 9), draw.between(2, 6)]
  const both =
    one === other
      ? `A red ${one} costs ${first} dollars and a blue ${one} costs ${second} dollars.`
      : `A ${one} costs ${first} dollars and a ${other} costs ${second} dollars.`
  return problem(
    `${both} ${oneOf(['How much do both cost?', 'What do they cost together?', 'What is the sum?'])}`,
    first + second,
  )
}

const several = () => {
  const [good, price, count] = [oneOf(GOODS), draw.between(2, 10), draw.between(2, 4)]
  return problem(
    oneOf([
      `One ${good} costs ${price} dollars. How much do ${count} cost?`,
      `A ${good} is ${price} dollars. ${oneOf(NAMES)} takes ${count} of them. What is the price?`,
      `The price of a ${good} is ${price} dollars. What must you pay for ${count}?`,
    ]),
    price * count,
  )
}

const change = () => {
  const [note, name, good] = [oneOf([5, 10, 20]), oneOf(NAMES), oneOf(GOODS)]
  const price = draw.between(2, Math.min(note - 1, 9))
  return problem(
    oneOf([
      `${name} pays for a ${good} of ${price} dollars with a ${note} dollar note. How much change is due?`,
      `A ${good} costs ${price} dollars. ${name} gives ${note} dollars. How many dollars come back?`,
      `${name} had ${note} dollars and spent ${price}. How many dollars are left?`,
    ]),
    note - price,
  )
}

const toSmall = () => {
  const count = draw.between(2, 9)
  const [large, small, factor] = oneOf([
    ['metres', 'centimetres', 100],
    ['kilograms', 'grams', 1000],
    ['kilometres', 'metres', 1000],
    ['dollars', 'cents', 100],
    ['litres', 'millilitres', 1000],
  ] as const)
  return problem(
    oneOf([`How many ${small} are ${count} ${large}?`, `Write ${count} ${large} in ${small}.`]),
    count * factor,
  )
}

const share = () => {
  const [each, people] = [draw.between(2, 5), draw.between(2, 5)]
  const thing = oneOf(THINGS)
  return problem(
    oneOf([
      `${each * people} ${thing} are shared by ${people} children. How many ${thing} does each get?`,
      `${oneOf(NAMES)} puts ${each * people} ${thing} into ${people} equal bags. How many ${thing} are in a bag?`,
    ]),
    each,
  )
}

const packs = () => {
  const [count, each] = [draw.between(2, 4), oneOf([2, 3, 4, 5, 6, 10])]
  const thing = oneOf(THINGS)
  return problem(
    oneOf([
      `A pack holds ${each} ${thing}. How many ${thing} are in ${count} packs?`,
      `${oneOf(NAMES)} fills ${count} boxes with ${each} ${thing} each. How many ${thing} is that?`,
    ]),
    count * each,
  )
}

writeExamples(
  [gain, loss, total, several, change, toSmall, share, packs].flatMap((kind) => drawDistinct(kind, 30)),
  'problems.jsonl',
  import.meta.url,
  draw,
)
