/**
 * The order in which a program's stages run: a state machine over their outcomes.
 *
 * @module
 */
import type { Candidate } from './candidate.ts'
import {
  END,
  holds,
  type ProgramStage,
  type ProgramState,
  type StagedProgram,
  type Transition,
} from './staged-program.ts'

/** Follows a program for one candidate; it is told the outcome of each stage. */
export interface ProgramWalk {
  /** The stage to run now; `undefined` at the end. */
  readonly stage: ProgramStage | undefined
  /** Names of the states entered so far. */
  readonly path: readonly string[]
  /** Whether more stages ran than the program may take. */
  readonly isStuck: boolean
  /** The stage has run, and this came back. */
  advance(outcome: string): void
}

/**
 * Starts at the first stage that is on: run it, `advance` with what came back, and go on until there is none.
 *
 * @param finds Whether a pattern of a transition is found in an outcome. @defaultValue JavaScript's engine, without a limit
 */
export function walkProgram(
  program: StagedProgram,
  candidate: Candidate,
  finds: (pattern: RegExp, outcome: string) => boolean = (pattern, outcome) => pattern.test(outcome),
): ProgramWalk {
  const states = new Map(program.states.map((state) => [state.name, state]))
  const stages = new Map(program.stages.map((stage) => [stage.name, stage]))
  const entered = new Map<string, number>()
  const path: string[] = []
  let current: ProgramState | undefined
  let isStuck = false

  /** Enters what the transitions lead to, passing by stages that are off. */
  const follow = (transitions: readonly Transition[], outcome: string) => {
    let next = transitions
    let said = outcome
    for (let passed = 0; passed <= states.size; passed++) {
      const transition = next.find((one) => applies(one, said))
      const state = transition && states.get(transition.to)
      current = state
      if (!state) return
      if (path.length >= program.maxSteps) {
        isStuck = true
        current = undefined
        return
      }
      entered.set(state.name, (entered.get(state.name) ?? 0) + 1)
      if (holds(stages.get(state.stage)!.when, candidate)) {
        path.push(state.name)
        return
      }
      next = state.next
      said = ''
    }
    // A circle of stages that are all off has no end of its own.
    current = undefined
  }

  const applies = ({ to, equals, contains, matches, when }: Transition, outcome: string): boolean => {
    if (!holds(when, candidate)) return false
    if (to !== END && (entered.get(to) ?? 0) >= roundsOf(states.get(to)!, candidate)) return false
    const said = outcome.trim()
    if (equals !== undefined && said.toLowerCase() !== equals.toLowerCase()) return false
    if (contains !== undefined && !said.toLowerCase().includes(contains.toLowerCase())) return false
    return matches === undefined || finds(new RegExp(matches, 'i'), said)
  }

  follow(program.start, '')
  return {
    get stage() {
      return current && stages.get(current.stage)
    },
    path,
    get isStuck() {
      return isStuck
    },
    advance(outcome) {
      if (current) follow(current.next, outcome)
    },
  }
}

/** How often a state may be entered for a candidate; `Infinity`: only steps limit it. A parameter that the candidate lacks: never. */
export function roundsOf({ rounds }: ProgramState, { parameters }: Candidate): number {
  if (rounds === undefined) return Number.POSITIVE_INFINITY
  if (typeof rounds === 'number') return rounds
  const value = parameters?.[rounds]
  return typeof value === 'number' ? value : 0
}

/**
 * By stage: how often it runs at most for a candidate.
 *
 * A state on no circle runs once. On a circle each turn enters a state whose rounds are limited. A state without a
 * limit therefore runs at most once more than those around it together.
 */
export function mostRuns(program: StagedProgram, candidate: Candidate): ReadonlyMap<string, number> {
  const { maxSteps, stages } = program
  const open = (transitions: readonly Transition[]) => transitions.filter(({ when }) => holds(when, candidate))
  const states = program.states.map((state) => ({ ...state, next: open(state.next) }))
  const on = new Set(stages.filter(({ when }) => holds(when, candidate)).map(({ name }) => name))
  const reach = reachability(states)
  const first = open(program.start).map(({ to }) => to)
  const reached = new Set([...first, ...first.flatMap((name) => [...(reach.get(name) ?? [])])])
  const isFree = (state: ProgramState) => roundsOf(state, candidate) === Number.POSITIVE_INFINITY
  const free = reachability(states.filter(isFree))
  const runs = new Map<string, number>()
  for (const state of states) {
    if (!on.has(state.stage) || !reached.has(state.name)) continue
    let most = Math.min(maxSteps, roundsOf(state, candidate))
    if (!reach.get(state.name)!.has(state.name)) most = Math.min(1, most)
    else if (isFree(state) && !free.get(state.name)!.has(state.name)) {
      const around = states.filter(
        (other) => !isFree(other) && reach.get(state.name)!.has(other.name) && reach.get(other.name)!.has(state.name),
      )
      most = Math.min(maxSteps, 1 + around.reduce((sum, other) => sum + roundsOf(other, candidate), 0))
    }
    runs.set(state.stage, Math.min(maxSteps, (runs.get(state.stage) ?? 0) + most))
  }
  return runs
}

/** By state: every state that may run after it, itself only where it is on a circle. */
export function reachability(states: readonly ProgramState[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byName = new Map(states.map((state) => [state.name, state]))
  return new Map(
    states.map((state) => {
      const seen = new Set<string>()
      const open = [state]
      for (let current = open.pop(); current; current = open.pop()) {
        for (const { to } of current.next) {
          const next = byName.get(to)
          if (!next || seen.has(to)) continue
          seen.add(to)
          open.push(next)
        }
      }
      return [state.name, seen]
    }),
  )
}
