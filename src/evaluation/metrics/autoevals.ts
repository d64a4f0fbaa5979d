import { fileURLToPath } from 'node:url'
import { InvalidInputError, UnavailableError } from '../../errors.ts'
import type { UserCodeLimits } from '../user-code/limits.ts'
import type { Metric } from './metric.ts'
import { moduleMetric } from './module-metric.ts'

export interface AutoevalsOptions {
  readonly limits?: UserCodeLimits | undefined
  /** What is imported. @defaultValue 'autoevals' */
  readonly packageName?: string
}

/** A scorer of the package may ask a model. */
const DEFAULT_SECONDS = 120
const SCORER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './autoevals-scorer.ts' : './autoevals-scorer.js', import.meta.url),
)

/**
 * A scorer of the package `autoevals`, which is not installed by default: `autoevals:Levenshtein`,
 * `autoevals:NumericDiff`, … It runs in processes of its own, as a metric module does.
 *
 * @throws UnavailableError when the package is not installed; InvalidInputError when it has no such scorer.
 */
export async function autoevalsMetric(
  name: string,
  options: Readonly<Record<string, unknown>>,
  { limits = {}, packageName = 'autoevals' }: AutoevalsOptions = {},
): Promise<Metric> {
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
  const settings = { packageName, scorer: name, options }
  const metric = await moduleMetric(SCORER, settings, { limits: { timeout: DEFAULT_SECONDS, ...limits } })
  return { ...metric, name: `autoevals:${name}` }
}
