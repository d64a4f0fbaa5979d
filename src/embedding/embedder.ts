/** Text in, unit vectors out. Every embedder is held to one conformance suite. */
export interface Embedder {
  /** Names model and preprocessing exactly; vectors of different ids must never be mixed. */
  readonly id: string
  readonly dimensions: number
  /**
   * One vector of Euclidean norm 1 per text, in order. Equal texts get equal vectors, whatever stands beside them.
   *
   * @throws UnavailableError when the model fails; KrigeError `interrupted` when `signal` aborts.
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Float64Array[]>
  close(): Promise<void>
}

export interface EmbedOptions {
  readonly signal?: AbortSignal
  /** Called after each batch. */
  readonly onProgress?: (done: number, total: number) => void
}
