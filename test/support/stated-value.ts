/**
 * Values that the comments of examples state.
 *
 * ```
 * 1 + 1 // 2                            numbers without ≈ hold up to rounding errors of float64
 * Math.SQRT2 // ≈ 1.414: the diagonal   with ≈, to the digits written; words may follow a colon
 * [1, 2, 3] // [1, …]                   also strings, objects, true, false, null and undefined; … leaves out a rest
 * matern52({}) // throws InvalidArgumentError: lengthScale is
 * ```
 * Any other comment is an explanation. One that begins like a value must be one.
 *
 * @module
 */
type Value = number | string | boolean | null | undefined | readonly Value[] | { readonly [key: string]: Value }

export type Statement =
  | { readonly kind: 'value'; readonly value: Value; readonly agrees: (actual: unknown) => unknown }
  | { readonly kind: 'throws'; readonly error: string; readonly message: string }

/** What a comment states, if it states anything. Throws for one that begins like a value and goes on differently. */
export function statementOf(comment: string): Statement | undefined {
  const throws = /^throws (\w+)(?:: (.*))?$/.exec(comment)
  if (throws) return { kind: 'throws', error: throws[1]!, message: throws[2] ?? '' }
  if (!/^(≈|[-−+.\d'"[{]|(true|false|null|undefined|NaN|Infinity)\b)/.test(comment)) return undefined
  return statedValue(comment)
}

/** An unstated rest of a list or an object. */
const REST = Symbol('…')

function statedValue(comment: string): Statement {
  const approximate = comment.startsWith('≈')
  let rest = (approximate ? comment.slice(1) : comment).trimStart()

  function take(pattern: RegExp): string | undefined {
    const match = new RegExp(`^(?:${pattern.source})\\s*`, 'u').exec(rest)
    if (!match) return undefined
    rest = rest.slice(match[0].length)
    return match[0].trim()
  }

  /** Replaces what agrees with a stated number by that number, so that one deep comparison decides and shows. */
  type Part = { readonly value: Value; readonly agrees: (actual: unknown) => unknown }

  function part(): Part {
    if (take(/\[/)) return list()
    if (take(/\{/)) return fields()
    const word = take(/true|false|null|undefined/)
    if (word) return same(word === 'undefined' ? undefined : (JSON.parse(word) as boolean | null))
    const text = take(/'(?:[^'\\]|\\.)*'/)
    if (text) return same(JSON.parse(`"${text.slice(1, -1).replaceAll('"', '\\"').replaceAll("\\'", "'")}"`) as string)
    const written = take(/[-−+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-−+]?\d+)?|[-−]?Infinity|NaN/)
    if (written) return number(written.replaceAll('−', '-').replaceAll('_', ''))
    throw new Error(`the comment begins like a value and is none: // ${comment}`)
  }

  const same = (value: Value): Part => ({ value, agrees: (actual) => actual })

  function number(written: string): Part {
    const value = Number(written)
    const [digits, exponent = '0'] = written.split('e')
    const unit = 10 ** (Number(exponent) - (digits!.split('.')[1]?.length ?? 0))
    const tolerance = approximate ? unit * 0.500001 : Math.abs(value) * 1e-12
    return {
      value,
      agrees: (actual) => (typeof actual === 'number' && Math.abs(actual - value) <= tolerance ? value : actual),
    }
  }

  function list(): Part {
    const parts: (Part | typeof REST)[] = []
    while (!take(/\]/)) {
      parts.push(take(/…/) ? REST : part())
      take(/,/)
    }
    const open = parts.at(-1) === REST
    const stated = parts.filter((item) => item !== REST)
    return {
      value: stated.map(({ value }) => value),
      agrees: (actual) => {
        const items =
          Array.isArray(actual) || ArrayBuffer.isView(actual) ? Array.from(actual as ArrayLike<unknown>) : undefined
        const shown = open ? items?.slice(0, stated.length) : items
        return shown?.map((item, i) => stated[i]?.agrees(item) ?? item) ?? actual
      },
    }
  }

  function fields(): Part {
    const parts: [string, Part][] = []
    let open = false
    while (!take(/\}/)) {
      if (take(/…/)) open = true
      else {
        const key = take(/[\w$]+:/)
        if (!key) throw new Error(`the comment begins like a value and is none: // ${comment}`)
        parts.push([key.slice(0, -1), part()])
      }
      take(/,/)
    }
    const stated = new Map(parts)
    return {
      value: Object.fromEntries(parts.map(([key, { value }]) => [key, value])),
      agrees: (actual) =>
        typeof actual !== 'object' || actual === null
          ? actual
          : Object.fromEntries(
              Object.entries(actual)
                .filter(([key]) => !open || stated.has(key))
                .map(([key, item]) => [key, stated.has(key) ? stated.get(key)!.agrees(item) : item]),
            ),
    }
  }

  const whole = part()
  if (rest !== '' && !rest.startsWith(':'))
    throw new Error(`the comment begins like a value and is none: // ${comment}`)
  return { kind: 'value', ...whole }
}
