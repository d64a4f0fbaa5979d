export interface Connection {
  /** @throws Error with what the server says and its remedy. */
  request(path: string, options?: { readonly body?: unknown; readonly last?: number }): Promise<Response>
  read<Answer>(path: string): Promise<Answer>
  send(path: string, body: unknown): Promise<Response>
}

/**
 * Requests to the server of a page, with its token where it wants one.
 * Runs in the browser, as text of the page: it must not refer to anything outside itself.
 *
 * @param base Stands before every path.
 */
export function createConnection(base: string): Connection {
  const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind

  // A fragment is sent to no server and stands in no log; it does not stay in the address, either.
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null) {
    sessionStorage.setItem('krige-token', given)
    history.replaceState(null, '', location.pathname)
  }

  /** Asks once, however many requests were refused. */
  let asked: Promise<void> | undefined
  const askToken = () => {
    const dialog = element<HTMLDialogElement>('ask-token')
    asked ??= new Promise<void>((resolve) => {
      dialog.addEventListener(
        'submit',
        (event) => {
          event.preventDefault()
          const field = element<HTMLInputElement>('token')
          sessionStorage.setItem('krige-token', field.value)
          field.value = ''
          dialog.close()
          asked = undefined
          resolve()
        },
        { once: true },
      )
      dialog.showModal()
    })
    return asked
  }

  const request: Connection['request'] = async (path, options = {}) => {
    for (;;) {
      const token = sessionStorage.getItem('krige-token')
      const response = await fetch(base + path, {
        method: options.body === undefined ? 'GET' : 'POST',
        headers: {
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(options.last === undefined ? {} : { 'Last-Event-ID': String(options.last) }),
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      })
      if (response.ok) return response
      if (response.status === 401) {
        await askToken()
        continue
      }
      const { error } = await response
        .json()
        .catch(() => ({ error: { message: `the server answered ${response.status}` } }))
      throw new Error(`${error.message}${error.remedy ? ` ${error.remedy}` : ''}`)
    }
  }
  return {
    request,
    read: async (path) => (await request(path)).json(),
    send: (path, body) => request(path, { body }),
  }
}
