import { InvalidInputError } from '../../errors.ts'
import type { Metric } from './metric.ts'
import type { MetricContext } from './metric-definition.ts'
import type { MetricSpecification } from './metric-specification.ts'
import { findMetric, METRICS } from './registry.ts'

/**
 * Opens a metric; its settings were checked with the task.
 *
 * @throws InvalidInputError on an unknown metric or setting; UnavailableError when a module or package cannot be loaded.
 * @example
 * const metric = await createMetric({ name: 'numeric', options: { tolerance: 0.1 } }, { labels: [] })
 * metric.name // 'numeric'
 */
export async function createMetric({ name, options }: MetricSpecification, context: MetricContext): Promise<Metric> {
  const metric = findMetric(name)
  if (metric) {
    const checked = metric.options.safeParse(options)
    if (checked.success) return metric.create(checked.data, context)
    throw new InvalidInputError(`metric ${name}: ${checked.error.issues[0]!.message}`, {
      remedy: 'Its options: krige help metrics.',
    })
  }
  if (name.startsWith('autoevals:')) {
    const { autoevalsMetric } = await import('./autoevals.ts')
    return autoevalsMetric(name.slice('autoevals:'.length), options, { limits: context.limits })
  }
  if (/[/\\]/.test(name)) {
    const { moduleMetric } = await import('./module-metric.ts')
    return moduleMetric(name, options, { limits: context.limits })
  }
  throw new InvalidInputError(
    `metric ${JSON.stringify(name)} is unknown; expected ${METRICS.map((known) => known.name).join(', ')}`,
  )
}
