import type { AskedEvent, StudyEvent } from '../study/events.ts'

/** The actions that a request got, by its idempotency key: from the log, so they outlive the process that answered it. */
export function indexRequests(log: readonly StudyEvent[]): (request: string) => readonly AskedEvent[] {
  const actions = new Map<string, AskedEvent[]>()
  let indexed = 0
  return (request) => {
    for (; indexed < log.length; indexed++) {
      const event = log[indexed]!
      if (event.type !== 'asked' || event.kind === 'generate' || event.request === undefined) continue
      const known = actions.get(event.request)
      if (known) known.push(event)
      else actions.set(event.request, [event])
    }
    return actions.get(request) ?? []
  }
}
