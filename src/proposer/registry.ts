/**
 * Every proposer that comes with Krige: one file each in `families/`, one line here.
 *
 * @module
 */
import * as z from 'zod'
import { InvalidInputError } from '../errors.ts'
import { createFromDefinition, metaPromptOf, type ProposerDefinition } from './definition.ts'
import { aggregate } from './families/aggregate.ts'
import { answerFormat } from './families/answer-format.ts'
import { contrast } from './families/contrast.ts'
import { crossover } from './families/crossover.ts'
import { demonstrations } from './families/demonstrations.ts'
import { differential } from './families/differential.ts'
import { edit } from './families/edit.ts'
import { grounded } from './families/grounded.ts'
import { momentum } from './families/momentum.ts'
import { mutate } from './families/mutate.ts'
import { opro } from './families/opro.ts'
import { parameters } from './families/parameters.ts'
import { paraphrase } from './families/paraphrase.ts'
import { paretoMerge } from './families/pareto-merge.ts'
import { recombine } from './families/recombine.ts'
import { reflect } from './families/reflect.ts'
import { revolve } from './families/revolve.ts'
import { rootCause } from './families/root-cause.ts'
import { shorten } from './families/shorten.ts'
import { builtInMetaPrompt, parseMetaPrompt } from './meta-prompt.ts'
import type { Draft, ProposalRequest, Proposer } from './proposer.ts'

const DEFINITIONS: readonly ProposerDefinition[] = [
  answerFormat,
  demonstrations,
  edit,
  parameters,
  recombine,
  shorten,
  paraphrase,
  mutate,
  grounded,
  opro,
  crossover,
  differential,
  paretoMerge,
  reflect,
  aggregate,
  momentum,
  contrast,
  revolve,
  rootCause,
]

/**
 * Names of all proposers.
 *
 * @example
 * PROPOSERS.includes('reflect') // true
 */
export const PROPOSERS: readonly string[] = DEFINITIONS.map(({ name }) => name)

/** A proposer as a task names it: a name, or a name with settings. */
export type ProposerSpecification = string | Readonly<{ name: string; metaPrompt?: string; [option: string]: unknown }>

/**
 * Opens a proposer by its name and settings.
 *
 * @param readFile Reads the user's own meta-prompt, by the path that was written.
 * @throws InvalidInputError for an unknown name or setting, or a meta-prompt that cannot be used.
 * @example
 * createProposer('paraphrase').needsGenerator // true
 * createProposer({ name: 'reflect', failures: 4 }).calls(4) // 2: two prompts per call
 */
export function createProposer(specification: ProposerSpecification, readFile?: (path: string) => string): Proposer {
  const { name, metaPrompt, ...written } = typeof specification === 'string' ? { name: specification } : specification
  const definition = DEFINITIONS.find((one) => one.name === name)
  if (!definition) {
    throw new InvalidInputError(`there is no proposer ${JSON.stringify(name)}`, {
      remedy: `Known: ${PROPOSERS.join(', ')}.`,
    })
  }
  const schema = definition.options ?? z.strictObject({})
  const options = schema.safeParse(written)
  if (!options.success) {
    const [issue] = options.error.issues
    const known = Object.keys(schema.shape)
    throw new InvalidInputError(
      issue!.code === 'unrecognized_keys'
        ? `proposer ${name} has no setting ${issue!.keys[0]}`
        : `proposer ${name}: ${issue!.path.join('.')}: ${issue!.message}`,
      { remedy: `Its settings: ${['metaPrompt', ...known].join(', ')}.` },
    )
  }
  const own = metaPromptOf(definition)
  if (metaPrompt === undefined) return createFromDefinition(definition, { options: options.data })
  if (own === undefined) {
    throw new InvalidInputError(`proposer ${name} asks no generator, so it has no meta-prompt`, {
      remedy: 'Take metaPrompt out.',
    })
  }
  const text = readFile?.(metaPrompt)
  if (text === undefined)
    throw new InvalidInputError(`meta-prompt ${metaPrompt} cannot be read here`, {
      remedy: 'Pass its text, or name it in a task file.',
    })
  return createFromDefinition(definition, {
    options: options.data,
    metaPrompt: parseMetaPrompt(metaPrompt, text, builtInMetaPrompt(own)),
  })
}

/** Before anything was measured: what the examples tell, and other words. */
const FIRST = {
  free: ['format', 'demonstrations', 'edit', 'parameters'],
  written: ['grounded', 'mutate', 'paraphrase'],
}
/** With outcomes: what they tell, and what good prompts have in common. */
const LATER = {
  free: ['demonstrations', 'recombine', 'format', 'edit', 'parameters'],
  written: ['reflect', 'crossover', 'opro', 'contrast', 'mutate', 'merge', 'momentum'],
}

/**
 * The sensible choice in two: the proposers that cost no call, and those that ask a generator. What they cost differs so much
 * that which of them is asked is a decision of its own.
 *
 * @example
 * createPortfolios().map(({ needsGenerator }) => needsGenerator) // [false, true]
 */
export function createPortfolios(): readonly Proposer[] {
  const free = createPortfolio(undefined, 'free')
  const written = createPortfolio(undefined, 'written')
  return [
    { ...free, name: 'auto-free', members: membersOf('free'), calls: () => 0 },
    { ...written, name: 'auto-written', members: membersOf('written'), needsGenerator: true },
  ]
}

/**
 * Several proposers as one: each request is shared among those that suit it, half of it to those that cost no call.
 *
 * @param proposers Default: a sensible choice.
 * @param kind Only those that cost no call, or only those that ask a generator. @defaultValue both
 * @example
 * createPortfolio().needsGenerator // false
 */
export function createPortfolio(proposers?: readonly Proposer[], kind?: 'free' | 'written'): Proposer {
  const chosen = (names: readonly string[]): Proposer[] => names.map((name) => createProposer(name))
  const sets = proposers ? undefined : { first: pairOf(FIRST, chosen), later: pairOf(LATER, chosen) }
  const own = {
    free: proposers?.filter((one) => !one.needsGenerator) ?? [],
    written: proposers?.filter((one) => one.needsGenerator) ?? [],
  }
  const starter = own.written.length > 0 ? [createProposer(STARTER)] : []
  return {
    name: 'auto',
    needsGenerator: proposers !== undefined && own.free.length === 0,
    calls: (count) =>
      Math.max(
        0,
        ...[sets?.first ?? own, sets?.later ?? own, { written: starter }].map(({ written }) =>
          Math.max(0, ...written.map((one) => one.calls(count))),
        ),
      ),
    async propose(request) {
      const isFirst = request.pool.every(({ outcomes }) => outcomes.length === 0)
      const all = sets ? (isFirst ? sets.first : sets.later) : own
      const free = kind === 'written' ? [] : all.free
      const able = request.ask && kind !== 'free' ? all.written : []
      const refused = new Set((request.rejected ?? []).map(({ proposer }) => proposer))
      const suits = ({ name }: Proposer) => refused.size === 0 || refused.has(name)
      const toWrite = able.length === 0 ? 0 : free.length === 0 ? request.count : Math.ceil(request.count / 2)
      const written = await share(able.filter(suits), toWrite, request, AT_ONCE)
      if (written.asked === 0 && able.length > 0) {
        const random = request.random.split('start')
        written.drafts.push(...(await share(starter, toWrite, { ...request, random }, AT_ONCE)).drafts)
      }
      const drafts = [...written.drafts, ...(await share(free.filter(suits), request.count - toWrite, request)).drafts]
      // Where some had nothing to say, the others have their turn.
      const missing = request.count - drafts.length
      if (missing > 0 && refused.size === 0)
        drafts.push(...(await share(free, missing, { ...request, random: request.random.split('more') })).drafts)
      return drafts
    },
  }
}

/**
 * What writes where no other proposer has anything to work from: crossover needs two prompts, contrast two that are right on
 * different examples. EvoPrompt makes its first population so.
 */
const STARTER = 'paraphrase'

const membersOf = (kind: keyof typeof FIRST) => [...new Set([...FIRST[kind], ...LATER[kind]])]

function pairOf(names: typeof FIRST, chosen: (names: readonly string[]) => Proposer[]) {
  return { free: chosen(names.free), written: chosen(names.written) }
}

/** Fewer for one call are too dear, more and small models repeat themselves. */
const AT_ONCE = 2

/** @param least Drafts that one proposer is asked for. No more calls are made than asking all of one would take. */
async function share(proposers: readonly Proposer[], count: number, request: ProposalRequest, least = 1) {
  const drafts: Draft[] = []
  const order = [...request.random.permutation(proposers.length)].map((index) => proposers[index]!)
  const most = Math.max(0, ...proposers.map((one) => one.calls(count)))
  let asked = 0
  const ask =
    request.ask &&
    ((...question: Parameters<NonNullable<ProposalRequest['ask']>>) => {
      asked++
      return request.ask!(...question)
    })
  for (const [index, proposer] of order.entries()) {
    const left = count - drafts.length
    const part = Math.min(left, Math.max(least, Math.ceil(left / (order.length - index))))
    if (part <= 0) break
    if (asked + proposer.calls(part) > most) continue
    const random = request.random.split(proposer.name)
    drafts.push(...(await proposer.propose({ ...request, count: part, random, ...(ask ? { ask } : {}) })))
  }
  return { drafts, asked }
}
