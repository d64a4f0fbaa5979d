/**
 * A report as Markdown and as lines for a terminal.
 *
 * @module
 */

import { textChanges } from './changes.ts'
import { count, counted, dollars, interval, probability, score, signedScore } from './numbers.ts'
import type { ReportedPrompt, ReportSummary } from './summary.ts'

const MOST = 20
/** In Markdown. */
const LONGEST_NAME = 60

/** GitHub-flavored Markdown. Nothing of a prompt is markup: texts stand in fences, ids are escaped. */
export function reportMarkdown(summary: ReportSummary): string {
  const { winner, baseline, prompts, costs } = summary
  const changed = winner && baseline && winner.id !== baseline.id
  const lines = [
    `# ${cell(summary.study)}`,
    `**${summary.verdict}**${headline(summary)}`,
    ...notices(summary).map((warning) => `> ${cell(warning)}`),
    ...(winner ? [`## Winner: ${cell(winner.id)}`, fence(winner.text)] : []),
    ...(changed ? ['## What changed', fence(textChanges(baseline, winner))] : []),
    '## Prompts',
    [
      '| # | prompt | score | 95% interval | measured | failed |',
      '|--:|---|--:|---|--:|--:|',
      ...prompts
        .slice(0, MOST)
        .map(
          (row) =>
            `| ${row.rank} | ${cell(nameOf(row, LONGEST_NAME))} | ${score(row.mean ?? Number.NaN)} | ${row.interval ? interval(row.interval) : '–'} | ${count(row.measured)} | ${count(row.failed)} |`,
        ),
    ].join('\n'),
    ...(prompts.length > MOST ? [`And ${count(prompts.length - MOST)} more.`] : []),
    '## Spent',
    spentLine(summary),
    ...(costs.length === 0
      ? []
      : [
          [
            '| role | calls | input tokens | output tokens | money |',
            '|---|--:|--:|--:|--:|',
            ...costs.map(
              ({ role, stage, calls, inputTokens, outputTokens, usd }) =>
                `| ${cell(stage === undefined ? role : `${role}, ${stage}`)} | ${count(calls)} | ${count(inputTokens)} | ${count(outputTokens)} | ${dollars(usd)} |`,
            ),
          ].join('\n'),
        ]),
  ]
  return `${lines.join('\n\n')}\n`
}

/** Plain lines, at most `columns` wide but for the texts of prompts. */
export function reportLines(summary: ReportSummary, columns = 80): string {
  const { winner, baseline, prompts } = summary
  const shown = prompts.slice(0, MOST)
  const most = Math.min(24, Math.max(6, columns - 42))
  const names = shown.map((row) => nameOf(row, most))
  const longest = Math.max(6, ...names.map((name) => name.length))
  const width = Math.max(14, Math.min(30, columns - 26 - longest))
  const ends = shown.flatMap((row) => row.interval ?? [])
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const scale = low < high ? score(low) + score(high).padStart(width - score(low).length) : ' '.repeat(width)
  const bar = ({ interval: range, mean }: ReportedPrompt) => {
    if (!range || mean === null || !(high > low)) return ' '.repeat(width)
    const at = (value: number) => Math.round(((value - low) / (high - low)) * (width - 1))
    return Array.from({ length: width }, (_, place) =>
      place === at(mean) ? '●' : place >= at(range[0]) && place <= at(range[1]) ? '─' : ' ',
    ).join('')
  }
  const lines = [
    wrapped(`${summary.study}: ${summary.verdict}${headline(summary)}`, columns),
    ...notices(summary).map((warning) => wrapped(`! ${warning}`, columns)),
    '',
    ...(winner && baseline && winner.id !== baseline.id
      ? ['What changed from the baseline to the winner:', textChanges(baseline, winner), '']
      : winner
        ? [`Winner ${winner.id}:`, winner.text, '']
        : []),
    `      ${'prompt'.padEnd(longest)}  ${scale}   score  measured`,
    ...shown.map(
      (row, place) =>
        `${String(row.rank).padStart(4)}  ${names[place]!.padEnd(longest)}  ${bar(row)}  ${score(row.mean ?? Number.NaN).padStart(6)}  ${count(row.measured).padStart(8)}`,
    ),
    ...(prompts.length > MOST ? [`      and ${count(prompts.length - MOST)} more`] : []),
    '',
    wrapped(spentLine(summary), columns),
  ]
  return `${lines.join('\n')}\n`
}

/** What stopped the run comes first: nothing else explains the rest. */
function notices({ stopped, warnings }: ReportSummary): readonly string[] {
  return stopped === undefined ? warnings : [`The run was stopped by a failure: ${stopped}`, ...warnings]
}

/** Broken between words; a word that is longer than a line stays whole. */
function wrapped(text: string, columns: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.join('\n')
}

function headline({ winner, baseline, difference, comparisons }: ReportSummary): string {
  const won = comparisons !== undefined && winner?.holdout
  const before = !won && baseline?.holdout && winner?.id !== baseline.id ? `${score(baseline.holdout.mean)} → ` : ''
  const change = winner?.holdout
    ? `, ${before}${score(winner.holdout.mean)}${won ? ' of the comparisons won' : ''} on held-out examples`
    : ''
  const held = difference
    ? ` (difference ${signedScore(difference.mean)}, 95% interval ${interval(difference.interval)})`
    : ''
  const best = winner ? `. Probability of being the best of the pool: ${probability(winner.probabilityBest)}` : ''
  return `${change}${held}${best}`
}

function spentLine({ spent, reason }: ReportSummary): string {
  const ended = reason === undefined ? '' : `. The search ended: ${reason}`
  return `${counted(spent.evaluations, 'evaluation')}, ${counted(spent.calls, 'call')}, ${count(spent.inputTokens)} input and ${count(spent.outputTokens)} output tokens, ${dollars(spent.usd)}${ended}`
}

/** The id; a mere number says nothing, so the text follows it. */
function nameOf({ id, text }: ReportedPrompt, longest: number): string {
  const line = `${id} ${text.replace(/\s+/g, ' ').trim()}`.trim()
  if (!/^\d+$/.test(id)) return shorten(id, longest)
  return line.length > longest ? `${line.slice(0, longest - 1).trimEnd()}…` : line
}

/** Without its middle: names that begin alike often end differently. */
function shorten(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ')
  const kept = (length - 1) / 2
  return line.length > length ? `${line.slice(0, Math.floor(kept))}…${line.slice(-Math.ceil(kept))}` : line
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()<>#!|~&]/g, (character) => `\\${character}`)
}

function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const marks = '`'.repeat(longest + 1)
  return `${marks}text\n${text}\n${marks}`
}
