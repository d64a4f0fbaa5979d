/**
 * Runs in the browser, as text of the page: it must not refer to anything outside itself. Markup comes from the server alone,
 * which escapes whatever it did not write; everything else is set as text.
 */
export function watchStudy(): void {
  interface Candidate {
    id: string
    index: number
    text?: string
    slots?: Record<string, string>
    parameters?: Record<string, unknown>
  }
  interface Status {
    state: string
    policy: string
    exampleCount: number
    candidates: number
    observations: number
    pendingActions: number
    evaluationsLeft: number | null
    spent: { evaluations: number; calls: number; usd: number }
    events: number
  }
  interface Report {
    version: number
    events: number
    parts: { id: string; html?: string }[]
    order?: number[]
    rows: { index: number; html: string }[]
    together: number
    again: number
  }
  interface Pair {
    left: Candidate
    right: Candidate
    example: number
    input?: string
  }

  const study = decodeURIComponent(location.pathname.split('/')[2] ?? '')
  const base = `/studies/${encodeURIComponent(study)}`
  const element = <Kind extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as Kind
  const report = element('report')
  const notice = element('notice')
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 })
  const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  document.title = `${study} · Krige`

  // A fragment is sent to no server and stands in no log; it does not stay in the address, either.
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null) {
    sessionStorage.setItem('krige-token', given)
    history.replaceState(null, '', location.pathname)
  }

  const say = (text: string) => {
    notice.textContent = text
    notice.hidden = text === ''
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

  const request = async (path: string, options: { body?: unknown; last?: number } = {}): Promise<Response> => {
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
  const read = async <Answer>(path: string): Promise<Answer> => (await request(path)).json()
  const send = (path: string, body: unknown) => request(path, { body })

  // What is going on, in one line.
  let status: Status | undefined
  const show = (state: string) => {
    const badge = element('state')
    if (badge.textContent !== state) badge.textContent = state
    badge.className = `badge ${state}`
    const isOpen = state === 'running' || state === 'paused' || state === 'stopped'
    for (const id of ['pause', 'stop', 'try', 'compare']) element<HTMLButtonElement>(id).disabled = !isOpen
    element('pause').textContent = state === 'running' ? 'Pause' : 'Go on'
    element<HTMLButtonElement>('stop').disabled = !isOpen || state === 'stopped'
    if (status && status.policy !== 'comparison') {
      const compare = element<HTMLButtonElement>('compare')
      compare.disabled = true
      compare.title = `Policy ${status.policy} has scores; two prompts are compared where the policy is comparison.`
    }
  }
  const refreshStatus = async () => {
    status = await read<Status>('')
    const { spent, evaluationsLeft, pendingActions, candidates } = status
    element('numbers').textContent = [
      `${number(spent.evaluations)}${evaluationsLeft === null ? '' : ` of ${number(spent.evaluations + evaluationsLeft)}`} evaluations`,
      ...(spent.calls > 0 ? [`${number(spent.calls)} calls`] : []),
      ...(spent.usd > 0 ? [`$${spent.usd.toFixed(2)}`] : []),
      `${number(candidates)} prompts`,
      ...(pendingActions > 0 ? [`${number(pendingActions)} under way`] : []),
    ].join(', ')
    show(status.state)
  }

  // The report: only what changed is replaced, so that what is open, selected and focused stays so.
  let version: number | undefined
  const parse = (markup: string) => {
    const template = document.createElement('template')
    template.innerHTML = markup
    return template.content.firstElementChild as HTMLElement
  }
  /** What has the focus while the page changes under it. */
  let focused: HTMLElement | undefined
  /** Opened details and the position in scrolled boxes survive a replacement. */
  const replace = (before: HTMLElement, after: HTMLElement) => {
    const opened = [...before.querySelectorAll('details')].map(({ open }) => open)
    after.querySelectorAll('details').forEach((details, place) => {
      details.open = opened[place] ?? false
    })
    const place = focused ? [...before.querySelectorAll<HTMLElement>('summary, input, a')].indexOf(focused) : -1
    before.replaceWith(after)
    if (place >= 0) focused = after.querySelectorAll<HTMLElement>('summary, input, a')[place]
  }
  const rowOf = new Map<number, HTMLLIElement>()
  const apply = (page: Report) => {
    focused = document.activeElement instanceof HTMLElement ? document.activeElement : undefined
    const held = new Map([...report.children].map((child) => [child.id, child as HTMLElement]))
    const order = page.parts.map(({ id, html }) => {
      const before = held.get(id)
      if (html === undefined) return before!
      const after = parse(html)
      if (!before) return after
      if (id === 'all') {
        // The rows and the search box stay.
        before.querySelector('p')!.replaceWith(after.querySelector('p')!)
        return before
      }
      replace(before, after)
      return after
    })
    if (version === undefined) report.replaceChildren(...order)
    else {
      for (const child of [...report.children]) if (!order.includes(child as HTMLElement)) child.remove()
      order.forEach((part, place) => {
        if (report.children[place] !== part) report.insertBefore(part, report.children[place] ?? null)
      })
    }
    const list = document.getElementById('prompts')!
    for (const { index, html } of page.rows) {
      const after = parse(html) as HTMLLIElement
      const before = rowOf.get(index)
      if (before) {
        after.hidden = before.hidden
        after.value = before.value
        replace(before, after)
      }
      rowOf.set(index, after)
    }
    if (page.order) {
      for (let first = 0; first < page.order.length; first += page.together) {
        let group = list.children[first / page.together]
        if (!group) {
          group = document.createElement('ol')
          group.className = 'prompts'
          list.append(group)
        }
        let at = group.firstElementChild
        page.order.slice(first, first + page.together).forEach((index, place) => {
          const row = rowOf.get(index)!
          if (row === at) at = at.nextElementSibling
          else group.insertBefore(row, at)
          row.value = first + place + 1
        })
      }
    }
    if (page.rows.length > 0) {
      const search = document.getElementById('search') as HTMLInputElement
      if (search.value !== '') search.dispatchEvent(new Event('input', { bubbles: true }))
    }
    if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true })
    version = page.version
    report.removeAttribute('aria-busy')
  }

  let known = 0
  let shown = -1
  let refreshing: Promise<void> | undefined
  /** Fetches what is new until nothing is; one request at a time, as often as the server can draw. */
  const refresh = () => {
    refreshing ??= (async () => {
      while (shown < known || version === undefined) {
        const page = await read<Report>(`/live/report${version === undefined ? '' : `?have=${version}`}`)
        apply(page)
        shown = page.events
        known = Math.max(known, shown)
        if (shown < known) await wait(page.again)
      }
    })().finally(() => {
      refreshing = undefined
    })
    return refreshing
  }

  let due = false
  const changed = () => {
    if (due) return
    due = true
    setTimeout(async () => {
      due = false
      // The report comes last: the end of a run waits for it.
      await refreshStatus()
        .then(refresh, refresh)
        .catch(() => {})
    }, 250)
  }

  /** Follows the log by server-sent events; goes on where it stopped when the line breaks. */
  const follow = async (): Promise<void> => {
    for (let pause = 500; ; pause = Math.min(10_000, 2 * pause)) {
      try {
        if (version === undefined) await refresh()
        const response = await request('/events', { last: known - 1 })
        say('')
        await refreshStatus()
        pause = 500
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
        let rest = ''
        for (;;) {
          const { done, value } = await reader.read()
          if (done) break
          const blocks = (rest + value).split('\n\n')
          rest = blocks.pop()!
          for (const block of blocks) {
            const [, id] = /^id: (\d+)$/m.exec(block) ?? []
            if (id !== undefined) known = Math.max(known, Number(id) + 1)
            if (/^event: control$/m.test(block)) {
              const { state } = JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as Pick<Status, 'state'>
              if (status) {
                status = { ...status, state }
                show(state)
              }
              changed()
            } else if (id !== undefined) changed()
          }
        }
      } catch (error) {
        if (status === undefined)
          say(`This study cannot be shown: ${error instanceof Error ? error.message : String(error)}`)
      }
      if (status?.state === 'over') {
        show('over')
        say('The run has ended. This page stays as it is; the report was written where the run says.')
        return
      }
      if (status !== undefined) {
        show('lost')
        say('The server does not answer; trying again.')
      }
      await wait(pause)
    }
  }

  // What a person may say.
  const tell = async (work: () => Promise<unknown>) => {
    try {
      say('')
      await work()
      await refreshStatus()
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('dialog .close')) {
    button.addEventListener('click', () => button.closest('dialog')!.close())
  }
  element('pause').addEventListener('click', () =>
    tell(() => send('/control', { command: status?.state === 'running' ? 'pause' : 'resume' })),
  )
  element('stop').addEventListener('click', () => {
    element('stop-words').textContent =
      'What is under way is finished, then nothing more is asked for. Nothing is lost: the study can be taken up again.'
    element<HTMLDialogElement>('stop-dialog').showModal()
  })
  element('stop-dialog').addEventListener('submit', (event) => {
    event.preventDefault()
    element<HTMLDialogElement>('stop-dialog').close()
    void tell(() => send('/control', { command: 'stop' }))
  })

  let edited: Candidate | undefined
  element('try').addEventListener('click', () =>
    tell(async () => {
      const { best } = await read<{ best: { candidate: Candidate } | null }>('/best')
      edited =
        best?.candidate ??
        (await read<{ candidates: { candidate: Candidate }[] }>('/posterior')).candidates[0]?.candidate
      const fields = edited?.slots ?? { prompt: edited?.text ?? '' }
      element('try-fields').replaceChildren(
        ...Object.entries(fields).flatMap(([name, text]) => {
          const label = document.createElement('label')
          const area = document.createElement('textarea')
          label.textContent = name
          area.id = `slot-${name}`
          label.htmlFor = area.id
          area.dataset['slot'] = name
          area.value = text
          area.dir = 'auto'
          return [label, area]
        }),
      )
      const count = element<HTMLInputElement>('try-count')
      count.max = String(status?.exampleCount ?? 1)
      count.value = String(Math.min(20, status?.exampleCount ?? 1))
      element<HTMLDialogElement>('try-dialog').showModal()
      element('try-fields').querySelector('textarea')?.select()
    }),
  )
  element('try-dialog').addEventListener('submit', (event) => {
    event.preventDefault()
    void tell(async () => {
      const areas = [...element('try-fields').querySelectorAll('textarea')]
      const slots = Object.fromEntries(areas.map(({ dataset, value }) => [dataset['slot']!, value]))
      const count = Number(element<HTMLInputElement>('try-count').value)
      const candidate = {
        ...(edited?.slots ? { slots } : { text: areas[0]!.value }),
        ...(edited?.parameters ? { parameters: edited.parameters } : {}),
      }
      element<HTMLDialogElement>('try-dialog').close()
      const answer = await send('/candidates', { candidates: [candidate] })
      const { candidates, added } = (await answer.json()) as { candidates: Candidate[]; added: number }
      const examples = Array.from({ length: count }, (_, example) => example)
      await send('/enqueue', { candidate: { index: candidates[0]!.index }, examples })
      if (added === 0) say(`The pool has it already, as ${candidates[0]!.id}; it is measured next.`)
    })
  })

  let pair: Pair | undefined
  let skipped = 0
  let compared = 0
  const nextPair = async () => {
    pair = (await read<{ pair: Pair | null }>(`/pair?skip=${skipped}`)).pair ?? undefined
    const textOf = ({ text, slots = {} }: Candidate) => text ?? Object.values(slots).filter(Boolean).join('\n\n')
    element('left').textContent = pair ? textOf(pair.left) : ''
    element('right').textContent = pair ? textOf(pair.right) : ''
    element('left-title').textContent = pair?.left.id ?? ''
    element('right-title').textContent = pair?.right.id ?? ''
    element('compare-words').textContent = pair
      ? `On search example ${pair.example + 1}`
      : 'Every pair has been compared.'
    const input = element('compare-input')
    input.hidden = pair?.input === undefined
    input.textContent = pair?.input ?? ''
    for (const button of document.querySelectorAll<HTMLButtonElement>('[data-outcome], #skip-pair'))
      button.disabled = !pair
  }
  const rate = (outcome: number) =>
    tell(async () => {
      if (!pair) return
      const { left, right, example } = pair
      pair = undefined
      await send('/compare', { candidate: { index: left.index }, rival: { index: right.index }, example, outcome })
      compared++
      element('compared').textContent = `${number(compared)} compared.`
      await nextPair()
    })
  element('compare').addEventListener('click', () =>
    tell(async () => {
      skipped = 0
      await nextPair()
      element<HTMLDialogElement>('compare-dialog').showModal()
    }),
  )
  element('skip-pair').addEventListener('click', () => {
    skipped++
    void tell(nextPair)
  })
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-outcome]')) {
    button.addEventListener('click', () => rate(Number(button.dataset['outcome'])))
  }
  element('compare-dialog').addEventListener('keydown', (event) => {
    const outcome = { ArrowLeft: 1, ArrowDown: 0.5, ArrowRight: 0 }[event.key]
    if (outcome === undefined) return
    event.preventDefault()
    void rate(outcome)
  })

  void follow()
}
