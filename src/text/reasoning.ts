/** How models mark what they think before they answer. */
const BLOCKS: readonly (readonly [open: string, close: string])[] = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<reasoning>', '</reasoning>'],
  ['<seed:think>', '</seed:think>'],
  ['[think]', '[/think]'],
  ['◁think▷', '◁/think▷'],
  ['<|channel|>analysis<|message|>', '<|end|>'],
]

/**
 * An answer without the thinking in front of it. A block that never closes was cut off, and nothing of an answer is left; one
 * that only closes was opened by the chat template.
 *
 * @example
 * withoutReasoning('<think>Bug or billing?</think>\n\nbilling') // 'billing'
 * withoutReasoning('<think>Bug or bil') // ''
 */
export function withoutReasoning(text: string): string {
  let rest = text
  for (;;) {
    const next = withoutBlock(rest)
    if (next === rest) return rest
    rest = next
  }
}

function withoutBlock(text: string): string {
  const start = text.trimStart()
  const lower = start.toLowerCase()
  for (const [open, close] of BLOCKS) {
    const isOpen = lower.startsWith(open)
    const end = lower.indexOf(close)
    if (isOpen) return end < 0 ? '' : afterBlock(start, end + close.length)
    if (end >= 0 && open === '<think>' && !lower.includes(open)) return afterBlock(start, end + close.length)
  }
  return text
}

/** Some models name the channel of the answer, too. */
function afterBlock(text: string, end: number): string {
  return text
    .slice(end)
    .trimStart()
    .replace(/^(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>/, '')
}
