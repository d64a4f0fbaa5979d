/**
 * The instructions generators work by: readable files with a version, which a user may replace.
 *
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import { parseTemplate, renderTemplate, type Template } from '../prompt/template.ts'
import { runsOf, wordsOf } from './gate/words.ts'
import { META_PROMPTS } from './meta-prompts/meta-prompts.generated.ts'

export interface MetaPrompt {
  /** Name and version, as candidates carry it: `reflect@1`. */
  readonly id: string
  readonly template: Template
}

const FRONT_MATTER = /^---\n([\s\S]*?)\n---\n/
const VERSION = /^version:\s*(\S+)\s*$/m

/**
 * One of the meta-prompts that come with Krige.
 *
 * @example
 * builtInMetaPrompt('reflect').id // 'reflect@1'
 */
export function builtInMetaPrompt(name: string): MetaPrompt {
  const text = META_PROMPTS[name]
  if (text === undefined)
    throw new InvalidInputError(`there is no meta-prompt ${name}`, {
      remedy: `Known: ${Object.keys(META_PROMPTS).join(', ')}.`,
    })
  return parseMetaPrompt(name, text)
}

/** Fewer words may be an instruction's own. */
const FEWEST_WORDS = 4
const RUN = 6

let runs: readonly string[] | undefined

/**
 * Runs of six words that the meta-prompts which come with Krige say to a generator, and whole sentences that are shorter: an
 * instruction that says so repeats the question.
 */
export function builtInRuns(): readonly string[] {
  runs ??= Object.keys(META_PROMPTS)
    .flatMap((name) => builtInMetaPrompt(name).template.source.split(/\n|\{\{[^}]*\}\}|<[^>]*>|(?<=[.:?]) /))
    .map(wordsOf)
    .filter((words) => words.length >= FEWEST_WORDS)
    .flatMap((words) => [...runsOf(words, Math.min(RUN, words.length))])
  return runs
}

/**
 * Reads a meta-prompt as it is written: Markdown with {@link parseTemplate}'s names, and a version in front, if it has one.
 *
 * @param like The built-in one that it replaces: it may use no other names, and must use the prompt's.
 * @throws InvalidInputError for names that nothing fills, or a text that shows nothing.
 */
export function parseMetaPrompt(name: string, written: string, like?: MetaPrompt): MetaPrompt {
  const text = written.replaceAll('\r\n', '\n')
  const front = text.match(FRONT_MATTER)
  const version = front?.[1]?.match(VERSION)?.[1]
  const template = parseTemplate(text.slice(front?.[0].length ?? 0).trim())
  if (like) {
    const known = like.template.variables
    const unknown = template.variables.find((variable) => !known.includes(variable))
    if (unknown !== undefined) {
      throw new InvalidInputError(`meta-prompt ${name} names {{${unknown}}}, which nothing fills`, {
        remedy: `It may name ${known.map((variable) => `{{${variable}}}`).join(', ')}.`,
      })
    }
    if (template.variables.length === 0) {
      throw new InvalidInputError(`meta-prompt ${name} shows nothing of the task`, {
        remedy: `Name some of ${known.map((variable) => `{{${variable}}}`).join(', ')}.`,
      })
    }
  }
  return { id: version === undefined ? name : `${name}@${version}`, template }
}

const NOTHING = { id: '', input: '', fields: {} }

/** A meta-prompt with its names filled; a line that holds only empty names is left out. */
export function fillMetaPrompt({ template }: MetaPrompt, values: Readonly<Record<string, string>>): string {
  const slots = Object.fromEntries(template.variables.map((name) => [name, values[name] ?? '']))
  return renderTemplate(template, { id: '', slots }, NOTHING)
    .text.replace(/\n{3,}/g, '\n\n')
    .trim()
}
