import type { Connection } from './connection.ts'

interface Candidate {
  id: string
  index: number
  text?: string
  slots?: Record<string, string>
  parameters?: Record<string, unknown>
}

interface Pair {
  left: Candidate
  right: Candidate
  example: number
  input?: string
}

export interface Controlled extends Connection {
  /** Of the study, as far as it is known. */
  status(): { readonly state: string; readonly exampleCount: number } | undefined
  refreshStatus(): Promise<void>
  say(text: string): void
}

/**
 * What a person may say of a search: pause, stop, try a prompt, compare two. Texts are set as texts.
 * Runs in the browser, as text of the page: it must not refer to anything outside itself.
 */
export function offerControls({ read, send, status, refreshStatus, say }: Controlled): void {
  const element = <Kind extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as Kind
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 })
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
    tell(() => send('/control', { command: status()?.state === 'running' ? 'pause' : 'resume' })),
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
      count.max = String(status()?.exampleCount ?? 1)
      count.value = String(Math.min(20, status()?.exampleCount ?? 1))
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
    element('left-title').textContent = pair ? `Left: ${pair.left.id}` : ''
    element('right-title').textContent = pair ? `Right: ${pair.right.id}` : ''
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
}
