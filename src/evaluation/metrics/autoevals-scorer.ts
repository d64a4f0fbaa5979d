/**
 * The metric module that a scorer of the package `autoevals` is: it runs in a process of its own.
 *
 * @module
 */
import { showValue } from '../../prompt/template.ts'

interface Settings {
  readonly packageName: string
  readonly scorer: string
  /** Of the scorer. */
  readonly options: Readonly<Record<string, unknown>>
}

export default async function score(
  output: string,
  { input, expected }: { readonly input?: unknown; readonly expected?: unknown },
  { packageName, scorer, options }: Settings,
): Promise<unknown> {
  const module: Record<string, unknown> = await import(packageName)
  const result: unknown = await (module[scorer] as (asked: object) => unknown)({
    ...options,
    input: showValue(input as never),
    output,
    ...(expected === undefined ? {} : { expected }),
  })
  const value = typeof result === 'object' && result !== null && 'score' in result ? result.score : undefined
  if (typeof value !== 'number') throw new TypeError(`autoevals:${scorer} gave no score`)
  const rationale = rationaleOf(result)
  return rationale === undefined
    ? value
    : { score: value, feedback: [{ text: rationale, from: `autoevals:${scorer}` }] }
}

/** What a scorer that asks a model says beside its score. */
function rationaleOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !('metadata' in result)) return undefined
  const { metadata } = result
  if (typeof metadata !== 'object' || metadata === null || !('rationale' in metadata)) return undefined
  return typeof metadata.rationale === 'string' ? metadata.rationale : undefined
}
