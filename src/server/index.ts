/**
 * Studies over HTTP.
 *
 * @module
 */
import '../node-version.ts'

export { createServerApp, type ServerApp, type ServerOptions } from './app.ts'
export { DEFAULT_LIMITS, type Limits } from './limits.ts'
export type { RequestEntry } from './metrics.ts'
export { type RunningServer, type ServeOptions, serve } from './serve.ts'
export type { ServedStudies, ServedStudy } from './served-studies.ts'
