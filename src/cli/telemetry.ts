import type { Telemetry } from '../engine/telemetry.ts'
import { loadOptional } from '../load-optional.ts'
import { packageVersion } from './version.ts'

export interface CliTelemetry {
  readonly telemetry: Telemetry
  /** Sends what the SDK still holds. */
  flush(): Promise<void>
}

/**
 * Spans, when `KRIGE_OTEL` asks for them; they go to the SDK that the user registered, for instance with
 * `NODE_OPTIONS="--import ./telemetry.mjs"`, and nowhere without one.
 */
export async function openTelemetry(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<CliTelemetry | undefined> {
  if (!/^(1|true|on|yes)$/i.test(environment['KRIGE_OTEL'] ?? '')) return undefined
  const [{ trace }, { createTelemetry }] = await loadOptional(
    () => Promise.all([import('@opentelemetry/api'), import('../engine/telemetry.ts')]),
    'KRIGE_OTEL',
    '@opentelemetry/api',
  )
  return {
    telemetry: createTelemetry(trace.getTracer('krige', packageVersion())),
    async flush() {
      const provider: unknown = trace.getTracerProvider()
      const registered = hasDelegate(provider) ? provider.getDelegate() : provider
      // A collector that cannot be reached is no reason to fail.
      if (canFlush(registered)) await registered.forceFlush().catch(() => undefined)
    },
  }
}

const hasDelegate = (provider: unknown): provider is { getDelegate(): unknown } =>
  typeof provider === 'object' && provider !== null && 'getDelegate' in provider

const canFlush = (provider: unknown): provider is { forceFlush(): Promise<void> } =>
  typeof provider === 'object' && provider !== null && 'forceFlush' in provider
