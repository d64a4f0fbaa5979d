/**
 * Writes two pools for instruct models.
 *
 * prompts-instruct.jsonl has what people write first (one-liners, roles, orders about the format, "think step by step"),
 * and a spread of the pool in prompts.jsonl. The order is such that every prefix of the pool mixes both.
 *
 * prompts-instruct-crossed.jsonl crosses what people write, first and later, with six ways to show solved examples, one
 * of them as turns of a conversation.
 *
 * Run: `node data/tasks/ticket-triage/build-instruct-prompts.ts`
 */
import { readFileSync } from 'node:fs'
import { writeTurns } from '../../../src/prompt/turns.ts'
import { cross, type PoolRow, writePool } from '../cross-slots.ts'

const first: Readonly<Record<string, string>> = {
  bare: 'Classify the ticket.',
  'bare-what': 'What is this ticket about?',
  'bare-team': 'Which team should handle this ticket?',
  'bare-one-word': 'Classify the ticket. Answer with one word.',
  'bare-expert':
    'You are an expert at triaging support tickets for a smart home company. Assign the ticket to the right queue.',
  'bare-steps': 'Classify the ticket. Think step by step.',
  'bare-please': 'Please read the support ticket carefully and tell me its category.',
  folders: 'Sort the ticket into one of these folders: billing, bug, account, feature, shipping, cancellation.',
  'folders-only':
    'Sort the ticket into one of these folders: billing, bug, account, feature, shipping, cancellation. Answer with the name of the folder only.',
}

const earlier = [
  'terse/none',
  'terse/three',
  'definitions/none',
  'one-word/six',
  'steps-rules/none',
  'no-list/three',
  'role/none',
  'definitions-when/none',
  'question-team/none',
  'one-word-strict/none',
  'intent/three',
] as const

const pool = new Map(
  readFileSync(new URL('prompts.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line): PoolRow => JSON.parse(line))
    .map((row) => [row.id, row] as const),
)

const people = Object.entries(first).map(
  ([id, instruction]): PoolRow => ({ id, slots: { instruction, demonstrations: '' } }),
)
const crossed = earlier.map((id) => pool.get(id)!)

// One of what people write first, then two of the crossed ones, until both lists are used up.
const rows: PoolRow[] = []
for (let i = 0; i < Math.max(people.length, crossed.length / 2); i++) {
  rows.push(...people.slice(i, i + 1), ...crossed.slice(2 * i, 2 * i + 2))
}
writePool(rows, import.meta.url, 'prompts-instruct.jsonl')

const labels = 'billing, bug, account, feature, shipping, cancellation'
const later: Readonly<Record<string, string>> = {
  'role-long': `You are a friendly and professional support agent of a company that sells smart home devices. Customers write to you about all kinds of things. Your task is to read each ticket and to decide which of these queues it belongs to: ${labels}.`,
  headings: `# Task\nClassify the support ticket.\n\n# Labels\n- billing\n- bug\n- account\n- feature\n- shipping\n- cancellation\n\n# Output\nThe label only, in lowercase.`,
  tags: `<task>Classify the ticket.</task>\n<labels>${labels}</labels>\n<output>one label, nothing else</output>`,
  'json-answer': `Classify the ticket as one of ${labels}. Return JSON: {"label": "..."}`,
  'not-mood': `Labels: ${labels}.\nLabel what the customer wants done, not what the ticket talks about. A delivery with a code that does not work is about the code. Answer with the label only.`,
}
const ofPool = [
  ...['terse', 'definitions', 'definitions-when', 'one-word-strict', 'steps-rules', 'list-json', 'polite'],
] as const

const slotsOf = (id: string): Readonly<Record<string, string>> => pool.get(id)!.slots
const asTurns = (shown: string): string =>
  writeTurns(
    Array.from(shown.matchAll(/^(?<user>Ticket: .*\nLabel:) (?<assistant>.*)$/gm), ({ groups }) => ({
      user: groups!['user']!,
      assistant: groups!['assistant']!,
    })),
  )!
const shown = (set: string) => slotsOf(`terse/${set}`)['demonstrations']!
const instructions = {
  ...first,
  ...later,
  ...Object.fromEntries(ofPool.map((id) => [id, slotsOf(`${id}/none`)['instruction']!])),
}
const demonstrations = {
  ...Object.fromEntries(['none', 'three', 'six', 'six-long', 'twelve'].map((set) => [set, shown(set)])),
  'six-turns': asTurns(shown('six')),
}
writePool(
  cross(instructions, demonstrations).map(({ id, left, right }) => ({
    id,
    slots: { instruction: left, demonstrations: right },
  })),
  import.meta.url,
  'prompts-instruct-crossed.jsonl',
)
