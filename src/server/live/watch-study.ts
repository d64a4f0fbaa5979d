import type { createConnection } from './connection.ts'
import type { offerControls } from './controls.ts'
import type { LiveReport } from './live-report.ts'
import type { createReportView } from './report-view.ts'

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

/** What the page hands over, since a function that becomes its text can import nothing. */
export interface WatchParts {
  readonly createConnection: typeof createConnection
  readonly createReportView: typeof createReportView
  readonly offerControls: typeof offerControls
}

/**
 * Follows a study and shows it.
 * Runs in the browser, as text of the page: it must not refer to anything outside itself.
 */
export function watchStudy({ createConnection, createReportView, offerControls }: WatchParts): void {
  const study = decodeURIComponent(location.pathname.split('/')[2] ?? '')
  const element = <Kind extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as Kind
  const view = createReportView(element('report'))
  const connection = createConnection(`/studies/${encodeURIComponent(study)}`)
  const { request, read } = connection
  const notice = element('notice')
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 })
  const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  document.title = `${study} · Krige`

  const say = (text: string) => {
    notice.textContent = text
    notice.hidden = text === ''
  }

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
    if (!status) return
    // Elsewhere prompts have scores, and nothing is compared.
    element('compare').hidden = status.policy !== 'comparison'
    const { spent, evaluationsLeft, pendingActions, candidates } = status
    element('numbers').textContent = [
      `${number(spent.evaluations)}${evaluationsLeft === null ? '' : ` of ${number(spent.evaluations + evaluationsLeft)}`} evaluations`,
      ...(spent.calls > 0 ? [`${number(spent.calls)} calls`] : []),
      ...(spent.usd > 0 ? [`$${spent.usd.toFixed(2)}`] : []),
      `${number(candidates)} prompts`,
      ...(pendingActions > 0 && state !== 'over' ? [`${number(pendingActions)} under way`] : []),
    ].join(', ')
  }
  const refreshStatus = async () => {
    status = await read<Status>('')
    show(status.state)
  }

  let known = 0
  let shown = -1
  let refreshing: Promise<void> | undefined
  /** Fetches what is new until nothing is; one request at a time, as often as the server can draw. */
  const refresh = () => {
    refreshing ??= (async () => {
      while (shown < known || view.version === undefined) {
        const page = await read<LiveReport>(`/live/report${view.version === undefined ? '' : `?have=${view.version}`}`)
        view.apply(page)
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
        if (view.version === undefined) await refresh()
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
        say(
          document.querySelector('#head .unfinished')
            ? 'The run was stopped before its end. This page stays as it is; the same command takes the search up again.'
            : 'The run has ended. This page stays as it is; the report was written where the run says.',
        )
        return
      }
      if (status !== undefined) {
        show('lost')
        say('The server does not answer; trying again.')
      }
      await wait(pause)
    }
  }

  offerControls({ ...connection, status: () => status, refreshStatus, say })
  void follow()
}
