/** A value as JSON knows it. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** One line of a task's examples: what the model is shown, and what a right answer is. */
export interface Example {
  /** Stable name: the line's own `id`, else its 1-based position in the file. */
  readonly id: string
  readonly input: JsonValue
  /** What the metric compares with; absent for metrics and programs that need none. */
  readonly expected?: JsonValue
  /** Further keys of the line, which a template may name too. */
  readonly fields: Readonly<Record<string, JsonValue>>
}
