import type * as z from 'zod'
import { builtInMetaPrompt, type MetaPrompt } from './meta-prompt.ts'
import type { Draft, ProposalRequest, Proposer } from './proposer.ts'

/** A proposer as the registry has it: one file each. */
export interface ProposerDefinition {
  readonly name: string
  /** One line for people, with its source. */
  readonly summary: string
  /** Its settings beside `name` and `metaPrompt`. */
  readonly options?: z.ZodObject
  readonly needsGenerator: boolean
  /** The meta-prompt that a user may replace; default: the one of its name, where it needs a generator. */
  readonly metaPrompt?: string
  create(settings: ProposerSettings): Pick<Proposer, 'propose' | 'calls'>
}

export interface ProposerSettings {
  readonly options: Readonly<Record<string, unknown>>
  /** The user's own, or the built-in one. */
  readonly metaPrompt: MetaPrompt
}

/** Name of the meta-prompt that a proposer works by first. */
export function metaPromptOf({ name, metaPrompt, needsGenerator }: ProposerDefinition): string | undefined {
  return metaPrompt ?? (needsGenerator ? name : undefined)
}

const NONE: MetaPrompt = { id: 'none', template: { source: '', lines: [], variables: [] } }

/** A proposer with its settings. */
export function createFromDefinition(
  definition: ProposerDefinition,
  {
    options = {},
    metaPrompt,
  }: { readonly options?: Readonly<Record<string, unknown>>; readonly metaPrompt?: MetaPrompt } = {},
): Proposer {
  const own = metaPromptOf(definition)
  const settings = { options, metaPrompt: metaPrompt ?? (own === undefined ? NONE : builtInMetaPrompt(own)) }
  const { propose, calls } = definition.create(settings)
  const { name, needsGenerator } = definition
  return {
    name,
    needsGenerator,
    calls,
    propose: async (request: ProposalRequest): Promise<readonly Draft[]> => {
      if (needsGenerator && !request.ask) return []
      return (await propose(request)).slice(0, request.count)
    },
  }
}
