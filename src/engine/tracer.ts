/**
 * What is used of an OpenTelemetry `Tracer`. Its package is optional, and public types that name it would need it.
 *
 * @module
 */
export type Attributes = Record<string, string | number | string[]>

export interface SpanOptions {
  readonly kind?: 2
  readonly attributes?: Attributes
}

export interface Span {
  setAttribute(name: string, value: Attributes[string]): unknown
  setStatus(status: { readonly code: 2 }): unknown
  end(): void
}

export interface Tracer {
  startActiveSpan<Work extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    work: Work,
  ): ReturnType<Work>
}
