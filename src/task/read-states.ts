/**
 * Reads the states of a program, and what leads from one to the next.
 *
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import { END, type ProgramStage, type ProgramState, type Transition } from '../prompt/staged-program.ts'
import type { ParameterCondition, Space } from '../space/parameter.ts'
import { isWithin, rangeOf } from './check-parameters.ts'
import type { CheckedTaskInput } from './schema.ts'
import type { TransitionsInput } from './stage-schema.ts'

/** Says where something was written. */
export type Locate = (path: readonly PropertyKey[]) => string

export function readStates(
  written: CheckedTaskInput,
  stages: readonly ProgramStage[],
  space: Space,
  locate: Locate,
): ProgramState[] {
  if (!written.states) {
    if (written.start !== undefined) {
      throw new InvalidInputError('start needs states', {
        where: locate(['start']),
        remedy: 'Add states; without them stages run in the order in which they are written.',
      })
    }
    return stages.map(({ name }, index) => ({
      name,
      stage: name,
      next: stages[index + 1] ? [{ to: stages[index + 1]!.name }] : [],
    }))
  }
  const entries = Object.entries(written.states)
  if (entries.length === 0) {
    throw new InvalidInputError('states is empty', { where: locate(['states']), remedy: 'Take it out, or name one.' })
  }
  const names = entries.map(([name]) => ({ name }))
  const states = entries.map(([name, { stage = name, rounds, next }]): ProgramState => {
    const where = locate(['states', name])
    if (name === END) {
      throw new InvalidInputError(`a state is called ${END}, which ends the program`, { where, remedy: 'Rename it.' })
    }
    if (!stages.some((one) => one.name === stage)) {
      throw new InvalidInputError(`state ${name} runs ${stage}, which is no stage`, {
        where,
        remedy: `Stages are ${stages.map((one) => one.name).join(', ')}.`,
      })
    }
    if (typeof rounds === 'string') {
      const parameter = Object.hasOwn(space, rounds) ? space[rounds] : undefined
      if (parameter?.kind !== 'int' || parameter.low < 0) {
        throw new InvalidInputError(`state ${name} has rounds: ${rounds}, which is no integer parameter from 0 on`, {
          where,
          remedy: `Write a number, or add parameters: { ${rounds}: { int: [0, 3] } }`,
        })
      }
    }
    return {
      name,
      stage,
      ...(rounds === undefined ? {} : { rounds }),
      next: next === undefined ? [] : transitionsOf(next, names, space, where),
    }
  })
  const idle = stages.find(({ name }) => !states.some(({ stage }) => stage === name))
  if (idle) {
    throw new InvalidInputError(`stage ${idle.name} is run by no state`, {
      where: locate(['states']),
      remedy: `Add a state, such as ${idle.name}: { next: end }, or take the stage out.`,
    })
  }
  return states
}

export function transitionsOf(
  written: TransitionsInput,
  states: readonly { readonly name: string }[],
  space: Space,
  where: string,
): Transition[] {
  const list = typeof written === 'string' ? [{ to: written }] : written
  return list.map((transition): Transition => {
    const { to, when, matches, equals, contains } = transition as Transition
    if (to !== END && !states.some(({ name }) => name === to)) {
      throw new InvalidInputError(`a transition leads to ${to}, which is no state`, {
        where,
        remedy: `States are ${states.map(({ name }) => name).join(', ')}; ${END} ends the program.`,
      })
    }
    checkCondition(when, space, where)
    if (matches !== undefined) {
      try {
        new RegExp(matches, 'i')
      } catch {
        throw new InvalidInputError(`matches is ${JSON.stringify(matches)}, which is no regular expression`, {
          where,
          remedy: 'Correct it, or use contains.',
        })
      }
    }
    return {
      to,
      ...(equals === undefined ? {} : { equals }),
      ...(contains === undefined ? {} : { contains }),
      ...(matches === undefined ? {} : { matches }),
      ...(when ? { when } : {}),
    }
  })
}

/** @throws InvalidInputError where a condition asks for a parameter that is none, or for a value that it never has. */
export function checkCondition(when: ParameterCondition | undefined, space: Space, where: string): void {
  if (!when) return
  const { parameter: name, in: values } = when
  const parameter = Object.hasOwn(space, name) ? space[name] : undefined
  if (!parameter) {
    throw new InvalidInputError(`when names ${name}, which is no parameter of the task`, {
      where,
      remedy: `Add it: parameters: { ${name}: { categorical: [${values.map((value) => JSON.stringify(value)).join(', ')}, …] } }`,
    })
  }
  const impossible = values.find((value) => !isWithin(parameter, value))
  if (impossible === undefined) return
  throw new InvalidInputError(
    `when asks for ${name}: ${JSON.stringify(impossible)}, which it never is; expected ${rangeOf(parameter)}`,
    { where, remedy: 'Correct the value, or widen the parameter.' },
  )
}
