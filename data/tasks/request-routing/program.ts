/**
 * Two calls: name the thing, then decide on the department from the name alone.
 *
 * @module
 */

const DEPARTMENTS = /\b(garden|kitchen|toys|tools|clothes|books)\b/

interface RoutingCandidate {
  readonly slots?: Readonly<Record<string, string>>
}

interface RoutingExample {
  readonly input: unknown
  readonly expected?: unknown
}

interface RoutingContext {
  /** Asks the task's model. */
  generate(prompt: string): Promise<string>
}

/** Scores 1 when the first department that the second answer mentions is the expected one, else 0. */
export async function evaluate(
  candidate: RoutingCandidate,
  example: RoutingExample,
  context: RoutingContext,
): Promise<number> {
  const { extract = '', decide = '' } = candidate.slots ?? {}
  const thing = await context.generate(`${extract}\nCustomer: ${String(example.input)}\nThing:`)
  const answer = await context.generate(`${decide}\nThing: ${thing.trim()}\nDepartment:`)
  return DEPARTMENTS.exec(answer.toLowerCase())?.[1] === example.expected ? 1 : 0
}
