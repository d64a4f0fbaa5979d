import { InvalidArgumentError } from '../errors.ts'
import type { Acquisition } from './acquisition.ts'

/** How the value of a point is put in relation to its cost. */
export type ValueScale = 'logarithmic' | 'natural'

/**
 * Value for cost: log value − exponent · log cost, or value / cost^exponent for an acquisition in natural units that is
 * never negative. With an exponent cooled from 1 to 0 it is the cost cooling of E. H. Lee et al., "Cost-aware Bayesian
 * optimization" (2020).
 *
 * @param costs - the expected cost of each point, in any positive unit.
 * @param options.scale - `logarithmic` (default) for log EI, log PI and the like.
 * @param options.exponent - default 1.
 * @throws InvalidArgumentError on a cost that is not positive.
 * @example
 * const improvement = acquisitionOnPool(surrogate, logExpectedImprovement(0.7))
 * const prices = [1, 1, 1, 1, 1, 9, 2, 2, 2, 2, 2]
 * indexOfLargest(costWeighted(improvement, () => prices).values(candidates)) // 4: the best, 5, is too dear
 */
export function costWeighted(
  acquisition: Acquisition,
  costs: (points: Parameters<Acquisition['values']>[0]) => ArrayLike<number>,
  options: { readonly scale?: ValueScale; readonly exponent?: number } = {},
): Acquisition {
  const { scale = 'logarithmic', exponent = 1 } = options
  return {
    name: `cost-weighted ${acquisition.name}`,
    values(points) {
      const cost = costs(points)
      return acquisition.values(points).map((value, i) => {
        const price = cost[i] ?? Number.NaN
        if (!(price > 0)) throw new InvalidArgumentError(`costs[${i}] is ${price}; expected a positive number`)
        return scale === 'logarithmic' ? value - exponent * Math.log(price) : value / price ** exponent
      })
    },
  }
}
