/**
 * YAML with lines for every complaint, also about documents that were made to overwhelm their reader.
 *
 * @module
 */
import { type Document, isAlias, isCollection, isNode, LineCounter, Parser, parseDocument, visit } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { checkJson, MOST_DEPTH } from './json-limits.ts'

/** Aliases may be used often; what they unfold into multiplies in bombs only. */
const MOST_ALIASES = 100_000

export interface ParsedYaml {
  readonly document: Document.Parsed
  /** `file:line` of an offset. */
  at(offset: number | undefined): string
  /** A node, or the whole, as plain values. @throws InvalidInputError where it unfolds without end. */
  toJs(node?: unknown): unknown
}

/**
 * @param name - How messages call the file.
 * @param complaint - What they say first where it is no YAML.
 * @throws InvalidInputError as `file:line: what`.
 * @example
 * parseYaml('a: [1, 2]', 'task.yaml').toJs() // { a: [1, 2] }
 */
export function parseYaml(text: string, name: string, complaint = 'not valid YAML'): ParsedYaml {
  const counter = new LineCounter()
  const at = (offset: number | undefined) => (offset === undefined ? name : `${name}:${counter.linePos(offset).line}`)
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true, merge: true })
  const [problem] = document.errors
  if (problem && /call stack/i.test(problem.message)) {
    throw new InvalidInputError(`is nested more than ${MOST_DEPTH} deep`, {
      where: at(deepOffset(text)),
      remedy: 'Take out the brackets or levels that are not needed.',
      cause: problem,
    })
  }
  if (problem) {
    throw new InvalidInputError(`${complaint}: ${problem.message}`, {
      where: at(problem.pos[0]),
      remedy: problem.code === 'DUPLICATE_KEY' ? 'Keep one of the two.' : 'Check indentation, quotes and colons.',
      cause: problem,
    })
  }
  return {
    document,
    at,
    toJs(node = document.contents) {
      try {
        const value: unknown = isNode(node) ? node.toJS(document, { maxAliasCount: MOST_ALIASES }) : node
        checkJson(value, (path) => at(offsetOf(node, path)))
        return value
      } catch (cause) {
        if (!(cause instanceof ReferenceError || cause instanceof RangeError)) throw cause
        throw new InvalidInputError('aliases (*name) unfold without end', {
          where: at(aliasOffset(document)),
          remedy: 'Write out what they stand for.',
          cause,
        })
      }
    },
  }
}

/** The deepest node on the way that is written here, and not behind an alias. */
function offsetOf(node: unknown, path: readonly PropertyKey[]): number | undefined {
  let offset = isNode(node) ? node.range?.[0] : undefined
  let inside = node
  for (const key of path) {
    inside = isCollection(inside) ? inside.get(key, true) : undefined
    if (!isNode(inside)) break
    offset = inside.range?.[0] ?? offset
  }
  return offset
}

/** Where the document goes deeper than anything may. The tokens are read without recursion. */
function deepOffset(text: string): number | undefined {
  const stack: { readonly token: unknown; readonly depth: number }[] = []
  for (const token of new Parser().parse(text)) stack.push({ token, depth: 0 })
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { token, depth } = next
    if (typeof token !== 'object' || token === null) continue
    if (depth > MOST_DEPTH && 'offset' in token && typeof token.offset === 'number') return token.offset
    for (const key of ['value', 'key'] as const) {
      if (key in token) stack.push({ token: Reflect.get(token, key), depth })
    }
    if ('items' in token && Array.isArray(token.items)) {
      for (const item of token.items) stack.push({ token: item, depth: depth + 1 })
    }
  }
  return undefined
}

/** The last alias: those before it had not unfolded too far. */
function aliasOffset(document: Document.Parsed): number | undefined {
  let offset: number | undefined
  visit(document, {
    Alias(_, alias) {
      if (isAlias(alias)) offset = alias.range?.[0] ?? offset
    },
  })
  return offset
}
