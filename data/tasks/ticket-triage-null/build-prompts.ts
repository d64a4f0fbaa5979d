/**
 * Writes 160 spellings of one prompt: closing mark, capital, a comma, double spaces, the dash. Nothing a reader would
 * call a different prompt.
 *
 * Run: `node data/tasks/ticket-triage-null/build-prompts.ts`
 */
import { showDemonstrations, writePool } from '../cross-slots.ts'

const demonstrations = showDemonstrations(
  [
    ['You took the money for May two times.', 'billing'],
    ['The map tab crashes whenever I zoom in.', 'bug'],
    ["I can't log in, the password is always refused.", 'account'],
    ['It would help if I could sort rooms by colour.', 'feature'],
    ['Where is my parcel? It should have been here last week.', 'shipping'],
    ['I want to end my plan this month.', 'cancellation'],
  ],
  'Ticket:',
  'Label:',
)

const marks = ['.', '', ':', '!', ' .']
const verbs = ['Classify', 'classify']
const spaces = [' ', '  ']
const conjunctions = [' or', ', or']
const gaps = [' ', '  ']
const nouns = ['support ticket', 'support-ticket']

const instructions = marks.flatMap((mark) =>
  verbs.flatMap((verb) =>
    spaces.flatMap((space) =>
      conjunctions.flatMap((conjunction) =>
        gaps.flatMap((gap) =>
          nouns.map(
            (noun) =>
              `${verb}${space}the ${noun} as${gap}billing, bug, account, feature, shipping${conjunction} cancellation${mark}`,
          ),
        ),
      ),
    ),
  ),
)

writePool(
  instructions.map((instruction, index) => ({ id: `v${index + 1}`, slots: { instruction, demonstrations } })),
  import.meta.url,
)
