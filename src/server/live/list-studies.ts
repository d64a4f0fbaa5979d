import type { createConnection } from './connection.ts'

/**
 * Lists the stored studies.
 * Runs in the browser, as text of the page: it must not refer to anything outside itself.
 */
export function listStudies(parts: { readonly createConnection: typeof createConnection }): void {
  const notice = document.getElementById('notice')!
  const main = document.getElementById('studies')!
  const { read } = parts.createConnection('/studies')

  const load = async (): Promise<void> => {
    const { studies } = await read<{ studies: { name: string; createdAt: string; events: number }[] }>('')
    notice.textContent = studies.length === 0 ? 'There is none yet.' : ''
    main.removeAttribute('aria-busy')
    main.querySelector('ul')!.replaceChildren(
      ...studies.map(({ name, createdAt, events }) => {
        const item = document.createElement('li')
        const link = document.createElement('a')
        link.href = `/studies/${encodeURIComponent(name)}/live`
        link.textContent = name
        item.append(link, ` ${createdAt.slice(0, 16).replace('T', ' ')} UTC, ${events.toLocaleString('en-US')} events`)
        return item
      }),
    )
  }
  load().catch((error: unknown) => {
    notice.textContent = `The list cannot be had: ${error instanceof Error ? error.message : String(error)}.`
  })
}
