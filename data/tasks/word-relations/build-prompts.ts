/**
 * Crosses instructions with demonstration sets in three formats and writes prompts.jsonl.
 *
 * Run: `node data/tasks/word-relations/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const instructions: Readonly<Record<string, string>> = {
  plain: 'Answer with one word.',
  vocabulary: 'A vocabulary quiz about opposites and kinds of things.',
  teacher: 'You are a language teacher. Pupils ask you for the opposite of a word or for the kind of thing it names.',
  explain:
    'Two sorts of questions: the opposite of a word (hot, cold), or the kind of thing that a word names (a rose is a flower). Give the one word that is asked for.',
  strict: 'Give a single lowercase word. No article, no full stop, no explanation.',
  dictionary: 'From the dictionary of opposites and categories:',
  question: 'What is the right word?',
  none: 'Words.',
}

const mixed: readonly Demonstration[] = [
  ['the opposite of front', 'back'],
  ['what kind of thing a goat is', 'animal'],
  ['the opposite of cool', 'warm'],
  ['what kind of thing a banjo is', 'instrument'],
  ['what kind of thing a tram is', 'vehicle'],
  ['the opposite of rise', 'fall'],
  ['the opposite of useful', 'useless'],
  ['what kind of thing a peach is', 'fruit'],
]

const opposites = mixed.filter(([input]) => input.startsWith('the opposite'))
const kinds = mixed.filter(([input]) => input.startsWith('what kind'))

const sets: Readonly<Record<string, readonly Demonstration[]>> = {
  none: [],
  two: mixed.slice(0, 2),
  opposites,
  kinds,
  four: mixed.slice(0, 4),
  'four-others': mixed.slice(4),
  eight: mixed,
}

const formats: Readonly<Record<string, { readonly before: string; readonly after: string }>> = {
  answer: { before: 'Question:', after: 'Answer:' },
  is: { before: 'Say', after: 'It is' },
  dash: { before: '-', after: '->' },
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
