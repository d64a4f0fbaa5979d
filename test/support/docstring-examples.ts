/**
 * The examples of the docstrings: where they stand, their code, and the names they take from elsewhere.
 *
 * @module
 */
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface DocstringExample {
  /** From the root of the repository, with `/`. */
  readonly file: string
  /** Of `@example`, counted from one. */
  readonly line: number
  readonly code: string
}

/** Every `@example` under src, in the order of files and lines. */
export function docstringExamples(): DocstringExample[] {
  return sources().flatMap(({ file, text }) => examplesOf(file, text))
}

/** The examples of one file: from `@example` to the next tag or the end of the docstring. */
export function examplesOf(file: string, text: string): DocstringExample[] {
  return [...text.matchAll(/^[ \t]*(?:\/\*)?\*+ ?@example\b(.*?)(?=^[ \t]*\* ?@|\*\/)/gms)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    code: match[1]!
      .split('\n')
      .map((line) => line.replace(/^[ \t]*\* ?/, '').trimEnd())
      .join('\n')
      .trim(),
  }))
}

/** Which file declares an exported name, as values and as types; a name that two files declare belongs to neither. */
export interface Declarations {
  /** The file to import `name` from in an example that stands in `from`; nothing for an unknown or ambiguous name. */
  fileOf(name: string, from: string): string | undefined
}

const DECLARATION = {
  value: /^export (?:async )?(?:abstract )?(?:function\*?|const|class) ([\w$]+)/gm,
  type: /^export (?:interface|type) ([\w$]+)/gm,
}

export function declarations(kind: keyof typeof DECLARATION): Declarations {
  const files = new Map<string, Set<string>>()
  for (const { file, text } of sources()) {
    for (const [, name] of text.matchAll(DECLARATION[kind])) files.set(name!, (files.get(name!) ?? new Set()).add(file))
  }
  return {
    fileOf(name, from) {
      const found = files.get(name) ?? new Set()
      return found.has(from) ? from : found.size === 1 ? [...found][0] : undefined
    },
  }
}

/** Names that an example may take from elsewhere: its words but for those that it declares or imports. */
export function namesIn(code: string): string[] {
  const bare = withoutText(code)
  const declared = [...bare.matchAll(/\b(?:const|let|using|function\*?) +(\w+|[[{].*?[\]}](?=\s*(?:=|of\b)))/g)]
  const own = [...declared.map(([, names]) => names!), ...importsOf(code).map(({ names }) => names)]
  const known = new Set(own.flatMap((names) => names.match(/[\w$]+(?!\w*:)/g) ?? []))
  return wordsIn(code).filter((word) => !known.has(word))
}

/** Words that are neither members, keys nor in a text. */
export function wordsIn(code: string): string[] {
  const words = withoutText(code).matchAll(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*(?!\w*:)/g)
  return [...new Set(Array.from(words, ([word]) => word))]
}

/** Without imports, comments and what stands between quotation marks. */
function withoutText(code: string): string {
  return code
    .replace(/^import .*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replace(/\s\/\/ .*$/gm, '')
}

/** What an example imports: a list of names and where from. */
export function importsOf(code: string): { readonly names: string; readonly from: string }[] {
  return [...code.matchAll(/^import \{ (.*) \} from '(.*)'$/gm)].map(([, names, from]) => ({
    names: names!,
    from: from!,
  }))
}

let read: { readonly file: string; readonly text: string }[] | undefined

function sources() {
  read ??= globSync('src/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.includes('/assembly/'))
    .sort()
    .map((file) => ({ file, text: readFileSync(resolve(root, file), 'utf8') }))
  return read
}
