import type { Random } from '../../numerics/random/random.ts'
import { isActive, type Parameter, type ParameterValue, type Space } from '../../space/parameter.ts'
import type { ProposerDefinition } from '../definition.ts'
import type { Draft } from '../proposer.ts'
import { parentAt } from '../selection.ts'
import { slotsOf } from '../task-view.ts'

/**
 * Changes one parameter of a prompt and keeps its text: which stages run, in which order, how many rounds, how warm. What a
 * change brings into being (a parameter with a condition) is drawn, too.
 */
export const parameters: ProposerDefinition = {
  name: 'parameters',
  summary: 'changes a parameter: stages that run, their order, rounds, temperature',
  needsGenerator: false,
  create: () => ({
    calls: () => 0,
    async propose(request) {
      const { task, random, count } = request
      const space = task.space ?? {}
      const drafts: Draft[] = []
      if (Object.keys(space).length === 0) return drafts
      for (let turn = 0; turn < 4 * count && drafts.length < count; turn++) {
        const parent = parentAt(request, turn)
        const before = parent.candidate.parameters ?? {}
        const changed = change(space, before, random)
        if (!changed) continue
        drafts.push({
          slots: slotsOf(parent.candidate, task),
          parameters: changed.values,
          parents: [parent.index],
          proposer: 'parameters',
          hypothesis: `${changed.name}: ${String(before[changed.name] ?? 'none')} → ${String(changed.values[changed.name])}`,
        })
      }
      return drafts
    },
  }),
}

function change(space: Space, before: Readonly<Record<string, ParameterValue>>, random: Random) {
  const able = Object.entries(space).filter(([, parameter]) => isActive(parameter, before) && !isFixed(parameter))
  if (able.length === 0) return undefined
  const [name, parameter] = able[random.integer(able.length)]!
  const now = before[name]
  const value = now === undefined ? draw(parameter, random) : otherValue(parameter, now, random)
  const wanted: Record<string, ParameterValue> = { ...before, [name]: value }
  const values: Record<string, ParameterValue> = {}
  // In their order: a condition names a parameter before it.
  for (const [key, each] of Object.entries(space)) {
    if (isActive(each, values)) values[key] = wanted[key] ?? draw(each, random)
  }
  return { name, values }
}

function isFixed(parameter: Parameter): boolean {
  return parameter.kind === 'categorical' ? parameter.choices.length < 2 : parameter.low === parameter.high
}

function draw(parameter: Parameter, random: Random): ParameterValue {
  if (parameter.kind === 'categorical') return parameter.choices[random.integer(parameter.choices.length)]!
  return at(parameter, random.uniform())
}

/** Another choice; of numbers one nearby, an integer at least a step away. */
function otherValue(parameter: Parameter, now: ParameterValue, random: Random): ParameterValue {
  if (parameter.kind === 'categorical') {
    const others = parameter.choices.filter((choice) => choice !== now)
    return others[random.integer(others.length)]!
  }
  if (typeof now !== 'number') return draw(parameter, random)
  const place = placeOf(parameter, now)
  const value = at(parameter, reflected(place + 0.3 * random.normal()))
  if (value !== now || parameter.step === undefined) return value
  const up = now + parameter.step <= parameter.high && (now - parameter.step < parameter.low || random.uniform() < 0.5)
  return up ? now + parameter.step : now - parameter.step
}

type NumberParameter = Exclude<Parameter, { kind: 'categorical' }>

function placeOf({ low, high, log }: NumberParameter, value: number): number {
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
}

function at({ low, high, log, step }: NumberParameter, place: number): number {
  const value = log ? low * (high / low) ** place : low + place * (high - low)
  if (step === undefined) return Math.min(high, Math.max(low, value))
  const steps = Math.min(Math.floor((high - low) / step + 1e-9), Math.max(0, Math.round((value - low) / step)))
  return low + steps * step
}

/** Back into [0, 1]. */
function reflected(place: number): number {
  const turned = Math.abs(place) % 2
  return turned > 1 ? 2 - turned : turned
}
