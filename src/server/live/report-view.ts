import type { LiveReport } from './live-report.ts'

export interface ReportView {
  /** What is shown; `undefined` before there is any. */
  readonly version: number | undefined
  apply(page: LiveReport): void
}

/**
 * The report as the page shows it: only what changed is replaced, so that what is open, selected and focused stays so. Markup
 * comes from the server alone, which escapes whatever it did not write.
 * Runs in the browser, as text of the page: it must not refer to anything outside itself.
 */
export function createReportView(report: HTMLElement): ReportView {
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
  const apply = (page: LiveReport) => {
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

  return {
    get version() {
      return version
    },
    apply,
  }
}
