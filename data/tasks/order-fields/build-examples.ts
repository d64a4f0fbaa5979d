/**
 * Writes messages.jsonl: 240 messages from sixty hand-written wordings, each with four different pairs of thing and day.
 *
 * Run: `node data/tasks/order-fields/build-examples.ts`
 */
import { seededDraw, type WrittenExample, writeExamples } from '../draw-examples.ts'

const draw = seededDraw(31)

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const THINGS = [
  'sofa',
  'piano',
  'table',
  'lamp',
  'mirror',
  'bed',
  'desk',
  'fridge',
  'carpet',
  'cupboard',
  'bicycle',
  'washing machine',
  'armchair',
  'oven',
  'television',
  'bookcase',
  'chest',
  'mattress',
  'bench',
  'heater',
  'freezer',
  'garden chair',
  'pram',
  'clock',
]

// T: the thing to be moved, D: the day that is asked for, O: another day, X: another thing.
const WORDINGS = [
  'Please bring the T on D.',
  'Can you pick up a T on D?',
  'D would suit me best for the T.',
  'I need the T by D at the latest.',
  'The T can be collected on D, not before.',
  'We are at home on D, so bring the T then.',
  'My old T has to go. Could someone come on D?',
  'Not O, please: the T should come on D.',
  'I said O for the T, but make it D.',
  'A T for Mrs Hall, delivered on D.',
  'Would D be possible for my T?',
  'Is there a van free on D? It is only a T.',
  'The T was promised for O. Now I would like it on D.',
  'Keep the X, just fetch the T on D.',
  'On D, two men and a T, third floor.',
  'Hello, when you come on D, take the T with you.',
  'Let us say D for the T.',
  'I sold the T and the buyer wants it on D.',
  'D morning, please, one T.',
  'The T is heavy, so send two people on D.',
  'O is a holiday here. Bring the T on D instead.',
  'Could the T be here on D evening?',
  'Our T arrives on D, is that right? Please confirm.',
  'For D: T, ground floor, no lift.',
  'I am moving out on D and only the T is left.',
  'Do not forget my T on D.',
  'The X is fine, but the T must be taken away on D.',
  'As agreed on the phone on O, you get the T on D.',
  'What does it cost to move a T on D?',
  'There is a T waiting at the shop, please deliver it on D.',
  'My sister gives me her T. Can you drive it over on D?',
  'I would rather have the T on D than on O.',
  'Please put me down for D, a T.',
  'The T, and on D if you can.',
  'It is about the T: D is fine.',
  'Our school needs the T on D for the play.',
  'If you have time on D, come for the T.',
  'From O on I am away, so the T has to come on D.',
  'A small T, to be brought to Mill Lane on D.',
  'The T goes to my son and he is free on D.',
  'Sorry, O does not work. D does. It is still the T.',
  'Ring twice on D and the porter hands you the T.',
  'You may leave the T in the yard on D.',
  'The museum lends us a T, please fetch it on D.',
  'I have bought a T and need it here on D.',
  'Please change my date to D. It is the order with the T.',
  'Could you come on D? The T blocks the hall.',
  'The T stands ready from O, but come on D.',
  'We talked about a X, but it is really a T, on D.',
  'Just a T this time, D as always.',
  'D at noon, a T, cash on delivery.',
  'Take the T to the dump on D, please.',
  'My landlord wants the T out by D.',
  'Is D too late for the T?',
  'I can help you carry the T on D.',
  'The office closes on O, so the T should arrive on D.',
  'One T, one trip, D.',
  'My T is too big for my car. Are you free on D?',
  'Mark D in your calendar: the T comes back to us.',
  'Could the T travel with the other load on D?',
]

const other = <Value>(values: readonly Value[], taken: Value): Value => {
  const rest = values.filter((value) => value !== taken)
  return rest[draw.below(rest.length)]!
}

const PER_WORDING = 4
let next = 0

const examples = WORDINGS.flatMap((wording): WrittenExample[] =>
  Array.from({ length: PER_WORDING }, () => {
    const day = DAYS[next % DAYS.length]!
    // 7 and 24 share no factor: every thing meets every day before a pair comes back.
    const item = THINGS[next % THINGS.length]!
    next++
    const otherDay = other(DAYS, day)
    const otherItem = other(THINGS, item)
    const input = wording.replace(
      /\b[TDOX]\b/g,
      (letter) => ({ T: item, D: day, O: otherDay, X: otherItem })[letter] ?? letter,
    )
    return { input: input.replace(/\b([Aa]) (?=[aeiou])/g, '$1n '), expected: { item, day } }
  }),
)

writeExamples(examples, 'messages.jsonl', import.meta.url, draw)
