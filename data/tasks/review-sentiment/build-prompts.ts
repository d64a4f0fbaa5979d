/**
 * Crosses instructions with demonstration sets in three answer formats and writes prompts.jsonl.
 *
 * Run: `node data/tasks/review-sentiment/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const instructions: Readonly<Record<string, string>> = {
  terse: 'Is the review positive, negative or mixed?',
  label: 'Label each review: positive, negative, mixed.',
  sarcasm:
    'Decide what the reviewer really thinks. Beware of sarcasm: praise for something bad is negative. Answer positive, negative or mixed.',
  definitions:
    'positive: only praise.\nnegative: only blame, also when said with irony.\nmixed: praise and blame together.\nChoose one for the review.',
  role: 'You read reviews for a shop owner, who wants to know in one word whether the customer is happy: positive, negative or mixed.',
  list: 'Reviews with their sentiment (mixed, positive, negative).',
  count:
    'Look for something the writer liked and something the writer disliked. Both: mixed. Only liked: positive. Only disliked: negative.',
  none: 'The sentiment of some reviews follows.',
}

const plain: readonly Demonstration[] = [
  ['We will come back every summer.', 'positive'],
  ['The worst haircut of my life.', 'negative'],
  ['Good songs, bad seats.', 'mixed'],
]

const sly: readonly Demonstration[] = [
  ['Wonderful, it broke on the first day.', 'negative'],
  ['Pretty but much too slow.', 'mixed'],
  ["I couldn't find a single thing to dislike.", 'positive'],
]

const more: readonly Demonstration[] = [
  ['The bed was soft, the shower was cold.', 'mixed'],
  ['My dog ran away from the smell.', 'negative'],
  ['It made my whole week.', 'positive'],
  ['I love the colour, I hate the noise.', 'mixed'],
  ['Perfect for people who enjoy queues.', 'negative'],
  ['The nicest people in town work here.', 'positive'],
]

const sets: Readonly<Record<string, readonly Demonstration[]>> = {
  none: [],
  one: plain.slice(2),
  three: plain,
  'three-sly': sly,
  six: [...plain, ...sly],
  'six-more': more,
  twelve: [...more, ...sly, ...plain],
}

const cues: Readonly<Record<string, string>> = {
  sentiment: 'Sentiment:',
  opinion: "The reviewer's opinion is",
  arrow: '=>',
}

const formats = Object.fromEntries(
  Object.entries(cues).flatMap(([cueName, cue]) =>
    Object.entries(sets).map(([setName, set]) => [
      `${cueName}-${setName}`,
      { cue, demonstrations: showDemonstrations(set, 'Review:', cue) },
    ]),
  ),
)

writePool(
  cross(instructions, formats).map(({ id, left, right }) => ({ id, slots: { instruction: left, ...right } })),
  import.meta.url,
)
