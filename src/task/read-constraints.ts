import { withoutUndefined } from '../check-input.ts'
import { InvalidInputError } from '../errors.ts'
import { type MetricSpecification, measurementNames } from '../evaluation/metrics/metric-specification.ts'
import { BUILT_IN_MEASUREMENTS, type Constraint } from '../history/constraint.ts'
import type { Example } from '../prompt/example.ts'
import type { StagedProgram } from '../prompt/staged-program.ts'
import type { CheckedTaskInput } from './schema.ts'

/** Metrics of ours say what they measure; what a user's own measures is known once it has run. */
export function readConstraints(
  written: NonNullable<CheckedTaskInput['constraints']>,
  metric: MetricSpecification,
  hasProgram: boolean,
  examples: readonly Example[],
  locate: (path: readonly PropertyKey[]) => string,
  program: StagedProgram | undefined,
): Constraint[] {
  const known = new Set<string>([
    ...BUILT_IN_MEASUREMENTS,
    ...(program ? programMeasurements(program) : []),
    ...measurementNames(metric, examples),
  ])
  const isOwn = hasProgram || /[/\\]/.test(metric.name)
  return written.map((constraint, index) => {
    if (!isOwn && !known.has(constraint.metric)) {
      throw new InvalidInputError(
        `constraint on ${JSON.stringify(constraint.metric)}, which ${metric.name} does not measure`,
        {
          where: locate(['constraints', index]),
          remedy: `Measured are ${[...known].join(', ')}; a metric or program of your own may name more.`,
        },
      )
    }
    return withoutUndefined(constraint)
  })
}

/** What programs measure beside what every task does. */
function programMeasurements({ stages }: StagedProgram): string[] {
  return ['steps', 'savedCalls', ...stages.flatMap(({ name }) => [`${name}.calls`, `${name}.tokens`])]
}
