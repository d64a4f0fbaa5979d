/**
 * Crosses instructions with demonstration sets in three formats and writes prompts.jsonl.
 *
 * Run: `node data/tasks/order-fields/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const instructions: Readonly<Record<string, string>> = {
  plain: 'Extract item and day as JSON.',
  keys: 'Answer with one JSON object that has the keys "item" and "day", both strings.',
  example: 'Turn the message into JSON like {"item": "wardrobe", "day": "Monday"}.',
  role: 'You are the dispatcher of a removal firm. You write down what is to be moved and when.',
  rule: 'Write item and day as JSON. If two days are named, take the one on which the item is to be moved. If two items are named, take the one that is moved.',
  schema: 'Schema: {"item": string, "day": one of Monday to Sunday}. Fill it from the message.',
  strict: 'Return JSON on one line. No explanation, no code fence. Fields: item, day.',
  none: 'Messages and records:',
}

const json = (item: string, day: string): string => JSON.stringify({ item, day })

const simple: readonly Demonstration[] = [
  ['Please fetch my wardrobe on Monday.', json('wardrobe', 'Monday')],
  ['Saturday is good for the stove.', json('stove', 'Saturday')],
  ['We need a ladder by Wednesday.', json('ladder', 'Wednesday')],
]

const tricky: readonly Demonstration[] = [
  ['Not on Friday! I want the sink on Tuesday.', json('sink', 'Tuesday')],
  ['The shelf stays here, only the harp leaves, on Sunday.', json('harp', 'Sunday')],
  ['You told me Thursday for the statue, now I would like Monday.', json('statue', 'Monday')],
]

const spaced = (demonstrations: readonly Demonstration[]): readonly Demonstration[] =>
  demonstrations.map(([input, answer]) => [input, answer.replace(/([:,])/g, '$1 ')])

const sets: Readonly<Record<string, readonly Demonstration[]>> = {
  none: [],
  one: simple.slice(0, 1),
  'one-spaced': spaced(simple.slice(1, 2)),
  three: simple,
  'three-tricky': tricky,
  'three-spaced': spaced([simple[2]!, tricky[0]!, tricky[1]!]),
  six: [...tricky, ...simple],
}

const formats: Readonly<Record<string, { readonly before: string; readonly after: string }>> = {
  json: { before: 'Message:', after: 'JSON:' },
  record: { before: 'Customer:', after: 'Record:' },
  arrow: { before: '>', after: '=>' },
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
