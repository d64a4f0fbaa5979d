/**
 * Runs in the browser, as text of the page: it must not refer to anything outside itself.
 */
export function listStudies(): void {
  const notice = document.getElementById('notice')!
  const main = document.getElementById('studies')!
  const dialog = document.getElementById('ask-token') as HTMLDialogElement
  const field = document.getElementById('token') as HTMLInputElement
  const fragment = new URLSearchParams(location.hash.slice(1)).get('token')
  if (fragment !== null) {
    sessionStorage.setItem('krige-token', fragment)
    history.replaceState(null, '', location.pathname)
  }

  const load = async (): Promise<void> => {
    const token = sessionStorage.getItem('krige-token')
    const response = await fetch('/studies', { headers: token === null ? {} : { Authorization: `Bearer ${token}` } })
    if (response.status === 401) {
      dialog.showModal()
      return
    }
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    const { studies } = (await response.json()) as { studies: { name: string; createdAt: string; events: number }[] }
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
  const start = () =>
    void load().catch((error: unknown) => {
      notice.textContent = `The list cannot be had: ${error instanceof Error ? error.message : String(error)}.`
    })
  dialog.addEventListener('submit', (event) => {
    event.preventDefault()
    sessionStorage.setItem('krige-token', field.value)
    field.value = ''
    dialog.close()
    start()
  })
  start()
}
