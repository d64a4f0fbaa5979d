/**
 * Crosses thirteen prompts of the first stage with thirteen of the second and writes prompts.jsonl.
 *
 * Run: `node data/tasks/request-routing/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const extracted: readonly Demonstration[] = [
  ['Have you got something to sweep the floor with?', 'broom'],
  ['A pair of warm mittens for my mother, please.', 'mittens'],
  ['My wasps are back, is there a trap?', 'wasp trap'],
  ['We want to play billiards at home.', 'billiard table'],
  ['Where is the shelf with poetry by women?', 'poetry book'],
  ['My grinder has no more discs.', 'grinder disc'],
]

const first = {
  plain: 'Name the thing that the customer wants.',
  noun: 'What does the customer want to buy? Answer with one noun.',
  purpose: 'Name the thing the customer wants and what it is for.',
  list: 'Wishes of customers and the things that fulfil them.',
}

const asked = (count: number, from = 0): string =>
  showDemonstrations(extracted.slice(from, from + count), 'Customer:', 'Thing:')

const firstStage: Readonly<Record<string, string>> = {
  'plain-none': first.plain,
  'plain-two': `${first.plain}\n\n${asked(2)}`,
  'plain-four': `${first.plain}\n\n${asked(4)}`,
  'plain-six': `${first.plain}\n\n${asked(6)}`,
  'noun-none': first.noun,
  'noun-two': `${first.noun}\n\n${asked(2, 2)}`,
  'noun-four': `${first.noun}\n\n${asked(4, 2)}`,
  'noun-six': `${first.noun}\n\n${asked(6)}`,
  'purpose-none': first.purpose,
  'purpose-three': `${first.purpose}\n\n${showDemonstrations(
    [
      ['Have you got something to sweep the floor with?', 'broom for cleaning'],
      ['A pair of warm mittens for my mother, please.', 'mittens to wear'],
      ['We want to play billiards at home.', 'billiard table to play'],
    ],
    'Customer:',
    'Thing:',
  )}`,
  'list-three': `${first.list}\n\n${asked(3, 3)}`,
  'list-five': `${first.list}\n\n${asked(5, 1)}`,
  'examples-only': asked(6),
}

const departments = 'garden, kitchen, toys, tools, clothes, books'

const placed: readonly Demonstration[] = [
  ['spade', 'garden'],
  ['spoon', 'kitchen'],
  ['puppet', 'toys'],
  ['drill', 'tools'],
  ['shirt', 'clothes'],
  ['novel', 'books'],
]

const placedToo: readonly Demonstration[] = [
  ['raincoat', 'clothes'],
  ['dictionary', 'books'],
  ['watering can', 'garden'],
  ['board game', 'toys'],
  ['wrench', 'tools'],
  ['oven dish', 'kitchen'],
]

const second = {
  plain: `Departments: ${departments}. Which department has the thing?`,
  role: `You stand at the door of a department store and send people to ${departments}.`,
  definitions:
    'garden: plants and lawn. kitchen: cooking and eating. toys: games and play. tools: building and repair. clothes: things to wear. books: things to read.',
  bare: 'Where things are:',
}

const stands = (demonstrations: readonly Demonstration[]): string =>
  showDemonstrations(demonstrations, 'Thing:', 'Department:')

const secondStage: Readonly<Record<string, string>> = {
  'plain-none': second.plain,
  'plain-three': `${second.plain}\n\n${stands(placed.slice(0, 3))}`,
  'plain-six': `${second.plain}\n\n${stands(placed)}`,
  'plain-six-others': `${second.plain}\n\n${stands(placedToo)}`,
  'plain-twelve': `${second.plain}\n\n${stands([...placed, ...placedToo])}`,
  'role-three': `${second.role}\n\n${stands(placedToo.slice(0, 3))}`,
  'role-six': `${second.role}\n\n${stands(placed)}`,
  'role-twelve': `${second.role}\n\n${stands([...placedToo, ...placed])}`,
  'definitions-none': second.definitions,
  'definitions-six': `${second.definitions}\n\n${stands(placedToo)}`,
  'definitions-twelve': `${second.definitions}\n\n${stands([...placed, ...placedToo])}`,
  'bare-six': `${second.bare}\n\n${stands(placedToo)}`,
  'bare-twelve': `${second.bare}\n\n${stands([...placed, ...placedToo])}`,
}

writePool(
  cross(firstStage, secondStage).map(({ id, left, right }) => ({ id, slots: { extract: left, decide: right } })),
  import.meta.url,
)
