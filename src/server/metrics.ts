import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** A request that was answered. */
export interface RequestEntry {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly milliseconds: number
}

/** Counts requests for Prometheus, by route and never by study: names of studies are the user's. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'krige_' })
  const requests = new Counter({
    name: 'krige_http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'krige_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  })
  return {
    record({ method, status, milliseconds }: RequestEntry, route: string) {
      requests.inc({ method, route, status })
      seconds.observe({ method, route }, milliseconds / 1000)
    },
    text: () => registry.metrics(),
  }
}
