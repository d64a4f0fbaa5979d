/**
 * Writes prompts-instruct.jsonl, the pool for an instruct model. It has what people write first (one-liners, roles,
 * orders about the format, "think step by step"), and a spread of the pool in prompts.jsonl. The order is such that
 * every prefix of the pool mixes both.
 *
 * Run: `node data/tasks/ticket-triage/build-instruct-prompts.ts`
 */
import { readFileSync } from 'node:fs'
import { type PoolRow, writePool } from '../cross-slots.ts'

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
