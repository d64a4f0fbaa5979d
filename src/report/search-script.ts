/**
 * The one script of a report: it filters the list of prompts. Everything else works without it. It reads what stands on the
 * page and makes no markup.
 */
export const SEARCH_SCRIPT = `{
const box = document.getElementById('search'), found = document.getElementById('found')
const rows = [...document.getElementById('prompts').children].map((row) => [row, row.textContent.toLowerCase()])
let timer
box.addEventListener('input', () => {
  clearTimeout(timer)
  timer = setTimeout(() => {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean)
    let shown = 0
    for (const [row, text] of rows) {
      const matches = words.every((word) => text.includes(word))
      row.hidden = !matches
      if (matches) shown++
    }
    found.textContent = words.length ? shown + ' of ' + rows.length : ''
  }, 80)
})
}`

/** SHA-256 of {@link SEARCH_SCRIPT}: the page's policy lets that script run and no other. A test holds the two together. */
export const SEARCH_SCRIPT_HASH = 'sha256-iTko9clxa0kDLN2i3c+u8C+Zyb7Pj9WEIxJzxsm4/N4='
