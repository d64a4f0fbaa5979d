import { InvalidInputError } from '../errors.ts'
import { checkExpected, type MetricSpecification } from '../evaluation/metrics/metric-specification.ts'
import type { Example, JsonValue } from '../prompt/example.ts'
import type { Line } from './read-lines.ts'
import { exampleSchema } from './schema.ts'

/**
 * Checks the examples against the metric.
 *
 * @returns the examples, and a warning that names the first pair of equal inputs with different answers.
 * @throws InvalidInputError on fewer than 2, missing inputs, repeated ids, or an `expected` the metric cannot use.
 */
export function readExamples(
  lines: readonly Line[],
  metric: MetricSpecification,
  where: string,
): { readonly examples: readonly Example[]; readonly warnings: readonly string[] } {
  if (lines.length < 2) {
    const have = lines.length === 0 ? 'are no examples' : 'is 1 example'
    throw new InvalidInputError(`there ${have}; a task needs at least 2: one to search with, one to hold out`, {
      where,
      remedy: 'Add lines such as {"input": "…", "expected": "…"}; 50 or more make a useful search.',
    })
  }
  const ids = new Map<string, string>()
  const inputs = new Map<string, { where: string; expected: string }>()
  const contrary: string[] = []
  const examples = lines.map((line, index): Example => {
    const example = readExample(line, index)
    checkExpected(metric, example, line.where)
    const sameId = ids.get(example.id)
    if (sameId !== undefined) {
      throw new InvalidInputError(`example id ${JSON.stringify(example.id)} is used twice`, {
        where: line.where,
        remedy: `It also stands at ${sameId}; give each example its own id.`,
      })
    }
    ids.set(example.id, line.where)
    const key = JSON.stringify([example.input, example.fields])
    const expected = JSON.stringify(example.expected ?? null)
    const same = inputs.get(key)
    if (same && same.expected === expected) {
      throw new InvalidInputError('example repeats another example', {
        where: line.where,
        remedy: `It is the same as the one at ${same.where}; remove one, or a copy may stand on both sides of the split.`,
      })
    }
    if (same) contrary.push(`${line.where} and ${same.where} have the same input but expect different answers`)
    else inputs.set(key, { where: line.where, expected })
    return example
  })
  // One line, however many there are: it stands in plan, log and report.
  const more = contrary.length > 1 ? `; so do ${contrary.length - 1} more` : ''
  return { examples, warnings: contrary.slice(0, 1).map((first) => `${first}${more}`) }
}

function readExample(line: Line, index: number): Example {
  if (typeof line.value === 'object' && line.value !== null && Object.hasOwn(line.value, '__proto__')) {
    throw new InvalidInputError('example has a key "__proto__", which no template can name', {
      where: line.where,
      remedy: 'Give it another name; inside input it may stand.',
    })
  }
  const checked = exampleSchema.safeParse(line.value)
  if (!checked.success) {
    const issue = checked.error.issues[0]!
    const missing = issue.path[0] === 'input' && !hasOwnInput(line.value)
    throw new InvalidInputError(
      missing ? 'example has no "input"' : `example ${issue.path.join('.') || 'line'}: ${issue.message}`,
      { where: line.where, remedy: 'Write {"input": "…", "expected": "…"}.' },
    )
  }
  const { id, input, expected, ...rest } = checked.data
  const fields = Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, JsonValue] => isJsonValue(entry[1])),
  )
  return {
    id: id === undefined ? String(index + 1) : String(id),
    input,
    ...(expected === undefined ? {} : { expected }),
    fields,
  }
}

function hasOwnInput(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'input' in value
}

function isJsonValue(value: unknown): value is JsonValue {
  return value === null || ['string', 'number', 'boolean', 'object'].includes(typeof value)
}
