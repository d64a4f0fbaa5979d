import * as z from 'zod'
import type { ResponseKind } from '../history/comparison.ts'
import type { PolicyFactory } from './policy.ts'

/** A policy as it is registered: its file exports one, and `registry.ts` lists it. */
export interface PolicyEntry {
  readonly name: string
  /** Names it had before, which are still accepted. */
  readonly aliases?: readonly string[]
  /** What it asks for. @defaultValue 'score' */
  readonly response?: ResponseKind
  /** It chooses among the candidates there are, and makes no points of a space. @defaultValue false */
  readonly poolOnly?: boolean
  /** One line for `--help` and the docs table. */
  readonly summary: string
  readonly create: PolicyFactory
  /** Checks `PolicyContext.options`; unknown keys are refused. */
  readonly options: z.ZodType<Record<string, unknown>>
}

/** Schema of a policy without settings. */
export const NO_OPTIONS = z.strictObject({})
