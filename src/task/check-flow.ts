/**
 * Refuses programs that could not run: states that are never reached or never end, outputs that are read too early.
 *
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import { reachability } from '../prompt/program-flow.ts'
import { END, type ProgramState, type StagedProgram } from '../prompt/staged-program.ts'
import type { Locate } from './read-states.ts'

/** Every state is reached, and from every state there is a way to the end. */
export function checkFlow({ states, start }: StagedProgram, locate: Locate): void {
  const reach = reachability(states)
  const first = start.map(({ to }) => to)
  const reached = new Set([...first, ...first.flatMap((name) => [...(reach.get(name) ?? [])])])
  const lost = states.find(({ name }) => !reached.has(name))
  if (lost) {
    throw new InvalidInputError(`state ${lost.name} is never reached`, {
      where: locate(['states', lost.name]),
      remedy: 'Have another state lead to it with next, or take it out.',
    })
  }
  const limited = new Set(states.filter(({ rounds }) => rounds !== undefined).map(({ name }) => name))
  const mayEnd = ({ next }: ProgramState) =>
    next.every(
      ({ to, equals, contains, matches, when }) =>
        limited.has(to) || [equals, contains, matches, when].some((condition) => condition !== undefined),
    ) || next.some(({ to }) => to === END)
  const ends = new Set(states.filter(mayEnd).map(({ name }) => name))
  const endless = states.filter(
    ({ name }) => !ends.has(name) && ![...reach.get(name)!].some((other) => ends.has(other)),
  )
  if (endless.length === 0) return
  throw new InvalidInputError(`${endless.map(({ name }) => name).join(', ')}: there is no way from here to the end`, {
    where: locate(['states', endless[0]!.name]),
    remedy: `Add a transition to ${END}, or limit a state of the circle with rounds: 3.`,
  })
}

/** No stage reads what can only be written after it. */
export function checkOrder({ stages, states }: StagedProgram, isMachine: boolean, locate: Locate): void {
  const reach = reachability(states)
  const writers = (output: string) => stages.filter(({ writes }) => writes === output).map(({ name }) => name)
  const runs = (names: readonly string[]) => states.filter(({ stage }) => names.includes(stage))
  const outputs = new Set(stages.map(({ writes }) => writes))
  for (const { name, writes, template } of stages) {
    for (const variable of template.variables) {
      if (!outputs.has(variable)) continue
      const before = runs(writers(variable))
      const own = runs([name])
      if (before.some((writer) => own.some((reader) => reach.get(writer.name)!.has(reader.name)))) continue
      const back = stages.find(
        (stage) => stage.name !== name && stage.writes === variable && stage.template.variables.includes(writes),
      )
      const problem = back
        ? `stages ${name} and ${back.name} read each other's output, a circle`
        : `stage ${name} reads {{${variable}}}, which is written only after it`
      throw new InvalidInputError(problem, {
        where: locate(['stages', name]),
        remedy: isMachine
          ? 'Correct states, or take the name out of the template.'
          : 'Stages run in the order in which they are written: move it, or use states for a loop.',
      })
    }
  }
}
