import { InvalidInputError, UnavailableError } from '../../errors.ts'
import { showValue } from '../../prompt/template.ts'
import type { Metric } from './metric.ts'

/**
 * A scorer of the package `autoevals`, which is not installed by default: `autoevals:Levenshtein`,
 * `autoevals:NumericDiff`, …
 *
 * @throws UnavailableError when the package is not installed; InvalidInputError when it has no such scorer.
 */
export async function autoevalsMetric(name: string, options: Readonly<Record<string, unknown>>): Promise<Metric> {
  const packageName = 'autoevals'
  const module: Record<string, unknown> = await import(packageName).catch((cause: unknown) => {
    throw new UnavailableError(`metric autoevals:${name} needs the package autoevals, which is not installed`, {
      remedy: 'npm install autoevals',
      cause,
    })
  })
  const scorer = Object.hasOwn(module, name) ? module[name] : undefined
  if (typeof scorer !== 'function') {
    const known = Object.keys(module).filter((key) => /^[A-Z]/.test(key) && typeof module[key] === 'function')
    throw new InvalidInputError(`autoevals has no scorer ${JSON.stringify(name)}`, {
      remedy: `It has ${known.join(', ')}.`,
    })
  }
  return {
    name: `autoevals:${name}`,
    async score(output, example) {
      const result: unknown = await withinTime(
        `autoevals:${name}`,
        scorer({
          ...options,
          input: showValue(example.input),
          output,
          ...(example.expected === undefined ? {} : { expected: example.expected }),
        }),
      )
      const score = typeof result === 'object' && result !== null && 'score' in result ? result.score : undefined
      if (typeof score !== 'number') throw new TypeError(`autoevals:${name} gave no score`)
      const rationale = rationaleOf(result)
      return rationale === undefined ? score : { score, feedback: [{ text: rationale, from: `autoevals:${name}` }] }
    },
  }
}

/** What a scorer that asks a model says beside its score. */
function rationaleOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !('metadata' in result)) return undefined
  const { metadata } = result
  if (typeof metadata !== 'object' || metadata === null || !('rationale' in metadata)) return undefined
  return typeof metadata.rationale === 'string' ? metadata.rationale : undefined
}

/** Milliseconds: a scorer of the package may ask a model. */
const TIMEOUT = 120_000

async function withinTime(what: string, result: unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not finish within ${TIMEOUT / 1000} s`)), TIMEOUT)
  })
  return Promise.race([result, late]).finally(() => clearTimeout(timer))
}
