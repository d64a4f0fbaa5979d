import { InvalidInputError } from '../errors.ts'
import { readTextFile, showPath } from './source.ts'

/** A parsed line and where it stands, as `file:line`. */
export interface JsonLine {
  readonly value: unknown
  readonly where: string
}

/**
 * Reads a `.jsonl` file: one JSON value a line, empty lines skipped.
 *
 * @throws InvalidInputError naming the line that is not JSON.
 */
export function readJsonLines(file: string, role: string, where: string): JsonLine[] {
  const text = readTextFile(file, role, where).replace(/^\u{FEFF}/u, '')
  const name = showPath(file)
  const lines: JsonLine[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim().length === 0) continue
    const position = `${name}:${index + 1}`
    try {
      lines.push({ value: JSON.parse(line), where: position })
    } catch (cause) {
      throw new InvalidInputError(`not JSON: ${JSON.stringify(line.trim().slice(0, 60))}`, {
        where: position,
        remedy: 'Write one JSON object a line, as in {"input": "…", "expected": "…"}.',
        cause,
      })
    }
  }
  return lines
}
