/**
 * The points a sampler may propose: parameters, and where the pool also holds prompts, which prompt they go with.
 *
 * @module
 */
import { incrementalReader } from '../../history/incremental-reader.ts'
import type { Random } from '../../numerics/random/index.ts'
import type { Candidate, PoolEntry } from '../../prompt/candidate.ts'
import { encodeOrUndefined, encodeSpace, type SpaceEncoding } from '../../space/encoding.ts'
import type { ParameterValue, Space } from '../../space/parameter.ts'

/** Name of the categorical parameter that stands for the prompt; no parameter of a task file can be called so. */
const PROMPT = '\u0000prompt'

/** Spaces up to this many points are searched for one that is left; in larger ones random draws find it. */
const LARGEST_ENUMERATION = 100_000
const DRAWS = 64

export interface Design {
  /** The space with the choice of prompt in front, where there is one. */
  readonly space: Space
  readonly encoding: SpaceEncoding
  /** Values of a pool entry in {@link space}; `undefined` when it is no point of it. */
  valuesOf(index: number): Readonly<Record<string, ParameterValue>> | undefined
  isTaken(x: ArrayLike<number>): boolean
  /** The candidate that a point stands for. */
  candidate(x: ArrayLike<number>, id: string, origin: string): Candidate
  /** A random point that is not in the pool; `undefined` when there is none. */
  anyLeft(random: Random): Float64Array | undefined
}

/**
 * Reads a pool incrementally: pools only grow.
 *
 * @returns a function from a pool to its design; the same object as long as the prompts to choose from are the same.
 */
export function createDesigns(space: Space): (pool: readonly PoolEntry[]) => Design {
  /** Pool indices of prompts without parameters: what parameters can be combined with. */
  const prompts: number[] = []
  let known:
    | { readonly design: Design; readonly prompts: number; readEntries(pool: readonly PoolEntry[]): void }
    | undefined
  const read = incrementalReader<readonly PoolEntry[]>({
    add(pool, index) {
      if (isPrompt(pool[index]!.candidate)) prompts.push(index)
    },
    forget() {
      prompts.length = 0
      known = undefined
    },
    identity: (pool) => pool[0],
  })
  return (pool) => {
    read(pool)
    if (!known || known.prompts !== prompts.length) known = { ...createDesign(space, prompts), prompts: prompts.length }
    known.readEntries(pool)
    return known.design
  }
}

/** An entry that other parameters may be combined with. Points this side made carry parameters. */
function isPrompt({ text, slots, parameters }: Candidate): boolean {
  return (text !== undefined || slots !== undefined) && parameters === undefined
}

function createDesign(parameters: Space, promptIndices: readonly number[]) {
  const prompts = [...promptIndices]
  const space: Space =
    prompts.length > 0
      ? { [PROMPT]: { kind: 'categorical', choices: prompts.map((_, choice) => choice) }, ...parameters }
      : parameters
  const encoding = encodeSpace(space)
  const values: (Readonly<Record<string, ParameterValue>> | undefined)[] = []
  const taken = new Set<string>()
  const choiceOf = new Map<string, number>()
  let entries: readonly PoolEntry[] = []
  const keyOf = (x: ArrayLike<number>) => Array.prototype.join.call(x, ' ')

  const design: Design = {
    space,
    encoding,
    valuesOf: (index) => values[index],
    isTaken: (x) => taken.has(keyOf(encoding.snap(x))),
    candidate(x, id, origin) {
      const { [PROMPT]: choice, ...rest } = encoding.decode(x)
      const base = typeof choice === 'number' ? entries[prompts[choice]!]!.candidate : undefined
      return {
        id,
        ...(base?.text === undefined ? {} : { text: base.text }),
        ...(base?.slots === undefined ? {} : { slots: base.slots }),
        parameters: rest,
        origin: { by: 'policy', name: origin },
      }
    },
    anyLeft(random) {
      const u = new Float64Array(encoding.dimension)
      for (let draw = 0; draw < DRAWS; draw++) {
        for (let d = 0; d < u.length; d++) u[d] = random.uniform()
        const x = encoding.snap(encoding.fromUniform(u))
        if (!taken.has(keyOf(x))) return x
      }
      if (!(encoding.size <= LARGEST_ENUMERATION)) return undefined
      const start = random.integer(encoding.size)
      for (let step = 0; step < encoding.size; step++) {
        const x = encoding.snap(pointAt(encoding, (start + step) % encoding.size))
        if (!taken.has(keyOf(x))) return x
      }
      return undefined
    },
  }

  return {
    design,
    readEntries(pool: readonly PoolEntry[]) {
      entries = pool
      if (choiceOf.size === 0) {
        for (const [choice, index] of prompts.entries()) choiceOf.set(promptKey(pool[index]!.candidate), choice)
      }
      for (let index = values.length; index < pool.length; index++) {
        const { candidate } = pool[index]!
        const choice = choiceOf.get(promptKey(candidate))
        const point = prompts.length > 0 ? { [PROMPT]: choice ?? -1, ...candidate.parameters } : candidate.parameters
        const x = point && candidate.parameters ? encodeOrUndefined(encoding, point) : undefined
        values.push(x && encoding.decode(x))
        if (x) taken.add(keyOf(x))
      }
    },
  }
}

function promptKey({ text, slots }: Candidate): string {
  return JSON.stringify([text, slots])
}

/** Point number `index` of a finite space, in mixed radix over the levels. */
function pointAt(encoding: SpaceEncoding, index: number): Float64Array {
  let rest = index
  return Float64Array.from(encoding.coordinates, ({ levels }, d) => {
    const level = rest % levels
    rest = Math.floor(rest / levels)
    return encoding.level(d, level)
  })
}
