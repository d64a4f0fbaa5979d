/**
 * Crosses instructions with demonstration sets and writes prompts.jsonl, the pool of this task.
 *
 * The texts are written by hand; the script only combines them, so that the two slots vary independently.
 * Run: `node data/tasks/ticket-triage/build-prompts.ts`
 */
import { cross, type Demonstration, showDemonstrations, writePool } from '../cross-slots.ts'

const instructions: Readonly<Record<string, string>> = {
  terse: 'Classify the support ticket as billing, bug, account, feature, shipping or cancellation.',
  'terse-reversed': 'Classify the support ticket as cancellation, shipping, feature, account, bug or billing.',
  topic: 'Topic of the ticket (billing / bug / account / feature / shipping / cancellation):',
  question: 'Is this customer writing about billing, a bug, an account, a feature, shipping or a cancellation?',
  'question-team':
    'Which team should answer this ticket: the billing, bug, account, feature, shipping or cancellation team?',
  role: 'You are a support agent. You sort each ticket into one queue: billing, bug, account, feature, shipping, cancellation. Answer with the queue only.',
  'role-expert':
    'You are an experienced help desk manager who reads tickets and sends them to the right desk without hesitation. The desks are shipping, billing, bug, cancellation, account and feature.',
  definitions:
    'Label the ticket.\nbilling: payments, invoices, refunds, prices\nbug: something works wrongly\naccount: signing in, passwords, profiles, permissions\nfeature: a wish for something new\nshipping: parcels and deliveries\ncancellation: wants to stop or withdraw',
  'definitions-when':
    'Choose one label.\n- bug when the product misbehaves\n- feature when the customer asks for something that does not exist yet\n- account when it is about access or personal details\n- billing when it is about money\n- shipping when it is about a parcel\n- cancellation when the customer wants to leave',
  'definitions-short':
    'billing = money. bug = broken software. account = login or access. feature = idea or wish. shipping = parcel. cancellation = ending a contract or order. Pick one for the ticket.',
  'one-word': 'Reply with exactly one word from this list: billing, bug, account, feature, shipping, cancellation.',
  'one-word-strict':
    'Output one lowercase word and nothing else. No explanation, no punctuation. Allowed words: account, billing, bug, cancellation, feature, shipping.',
  polite:
    'Please read the following customer message and kindly tell me which of these subjects fits it best: billing, bug, account, feature, shipping, cancellation. Thank you!',
  'list-bullets':
    'Pick the label that fits the ticket.\n- billing\n- bug\n- account\n- feature\n- shipping\n- cancellation',
  'list-numbers':
    'Labels:\n1. shipping\n2. account\n3. cancellation\n4. billing\n5. feature\n6. bug\nWrite the name of the label, not its number.',
  'list-json': 'labels = ["feature", "bug", "billing", "shipping", "cancellation", "account"]\nReturn one of labels.',
  steps:
    'First decide silently what the customer wants to happen. Then choose the label for it: billing, bug, account, feature, shipping or cancellation. Write only the label.',
  'steps-rules':
    'If the customer wants to end or undo something, the label is cancellation. If not: about a delivery, shipping; about money, billing; about access, account; a wish, feature; a malfunction, bug.',
  intent:
    "Read past the customer's mood and name the main intent: cancellation, feature, bug, account, shipping, billing.",
  context:
    'A company sells smart home devices with a subscription. Its inbox has six folders: billing, bug, account, feature, shipping, cancellation. File the ticket.',
  why: 'Tickets filed wrongly cost customers days, so take care. Folders: billing, bug, account, feature, shipping, cancellation. Which folder?',
  complete: 'Tickets from customers with their labels (billing, bug, account, feature, shipping, cancellation).',
  capitals: 'TASK: TICKET CLASSIFICATION. CLASSES: BILLING, BUG, ACCOUNT, FEATURE, SHIPPING, CANCELLATION.',
  'no-list': 'Give a one-word label for the topic of the customer ticket.',
}

const short: readonly Demonstration[] = [
  ['You took the money for May two times.', 'billing'],
  ['The map tab crashes whenever I zoom in.', 'bug'],
  ["I can't log in, the password is always refused.", 'account'],
  ['It would help if I could sort rooms by colour.', 'feature'],
  ['Where is my parcel? It should have been here last week.', 'shipping'],
  ['I want to end my plan this month.', 'cancellation'],
]

const other: readonly Demonstration[] = [
  ['I am leaving you for another service, please confirm that our contract is over.', 'cancellation'],
  ['The driver left a wet carton at the wrong house.', 'shipping'],
  ['Since the update the clock on the panel is five minutes slow.', 'bug'],
  ['Could the next version speak Polish?', 'feature'],
  ['The sum on my receipt is higher than the price in the shop.', 'billing'],
  ['My colleague left, please pass his admin rights to me.', 'account'],
]

const long: readonly Demonstration[] = [
  ['Nobody in the shop can sign in since I changed the owner, it just says unknown user. Who can help us?', 'account'],
  ['I asked for the refund of 30 dollars in May, and my card statement still shows nothing.', 'billing'],
  ['It would be wonderful to have one button for all the blinds on the south side of the house.', 'feature'],
  ['We are giving up the flat in spring and want the service to end on the same day.', 'cancellation'],
  ['Pressing save does nothing any more, the button turns grey and the old name comes back.', 'bug'],
  ['The box was sent to my old address, can the courier still bring it to the new one?', 'shipping'],
]

const pick = (from: readonly Demonstration[], ...labels: readonly string[]): readonly Demonstration[] =>
  labels.flatMap((label) => from.filter(([, own]) => own === label))

const show = (demonstrations: readonly Demonstration[]): string =>
  showDemonstrations(demonstrations, 'Ticket:', 'Label:')

const demonstrationSets: Readonly<Record<string, string>> = {
  none: '',
  three: show(pick(short, 'bug', 'cancellation', 'billing')),
  'three-others': show(pick(other, 'shipping', 'feature', 'account')),
  six: show(short),
  'six-others': show(other),
  'six-long': show(long),
  twelve: show([...pick(other, 'feature', 'billing', 'shipping', 'bug', 'cancellation', 'account'), ...short]),
}

writePool(
  cross(instructions, demonstrationSets).map(({ id, left, right }) => ({
    id,
    slots: { instruction: left, demonstrations: right },
  })),
  import.meta.url,
)
