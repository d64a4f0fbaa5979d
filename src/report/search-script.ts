/**
 * The one script of a report: it filters the list of prompts. Everything else works without it. It reads what stands on the
 * page, when it is asked, and makes no markup.
 */
export const SEARCH_SCRIPT = `{
let timer
document.addEventListener('input', ({ target }) => {
  if (target.id !== 'search') return
  clearTimeout(timer)
  timer = setTimeout(() => {
    const words = target.value.toLowerCase().split(/\\s+/).filter(Boolean)
    let shown = 0, all = 0
    for (const group of document.getElementById('prompts').children) {
      let here = 0
      for (const row of group.children) {
        const text = words.length ? row.textContent.toLowerCase() : ''
        row.hidden = !words.every((word) => text.includes(word))
        if (!row.hidden) here++
        all++
      }
      group.hidden = here === 0
      group.style.containIntrinsicHeight = words.length ? here * 84 + 'px' : ''
      shown += here
    }
    document.getElementById('found').textContent = words.length ? shown + ' of ' + all : ''
  }, 80)
})
}`

/** SHA-256 of {@link SEARCH_SCRIPT}: the page's policy lets that script run and no other. A test holds the two together. */
export const SEARCH_SCRIPT_HASH = 'sha256-NrboZogDWaK9xTTom88s8wfweelDoFXo6tAjy1CO/4s='
