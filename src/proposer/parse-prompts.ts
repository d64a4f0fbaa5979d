/**
 * Reads prompts out of whatever a generator wrote. Small models keep to no format for long, so every usual one is
 * understood, half-finished ones included; what cannot be read gives nothing.
 *
 * @module
 */

/** A prompt as a generator wrote it. */
export interface WrittenPrompt {
  readonly prompt: string
  readonly hypothesis?: string
}

/** More than any answer worth reading. */
const LONGEST_ANSWER = 50_000
const LONGEST_PROMPT = 12_000
const MOST_PROMPTS = 32
const REFUSAL =
  /^\s*(i['’]?m sorry|sorry,|i (cannot|can['’]t|am unable|won['’]t)|as an ai\b|unfortunately, i\b|i apologi[sz]e)/i

/** What small models make of the tag. */
const MISSPELT = /<(\/?)(?:_+|(?:new|better|improved|revised|rewritten|begin|start)[ _-])?prompt[ _\d]*>/gi
const MISSPELT_END = /<\/?(?:end|stop)[ _-]prompt>/gi
const BRACKETS = /^[ \t]*[[(<](\/?)prompt[\])>]/gim
/** As the question names the tag. */
const REPEATED = /<prompt>\s*and\s*<\/prompt>/gi

/**
 * Reads `<prompt>` tags, JSON, fences, headings, numbered or bulleted lists, or else one text.
 *
 * @example
 * parsePrompts('<idea>Be exact.</idea>\n<prompt>Label it.</prompt>') // [{ prompt: 'Label it.', hypothesis: 'Be exact.' }]
 * parsePrompts("I'm sorry, but I cannot help.") // []
 */
export function parsePrompts(answer: string): WrittenPrompt[] {
  const text = answer
    .slice(0, LONGEST_ANSWER)
    .replaceAll('\r\n', '\n')
    .replace(MISSPELT, '<$1prompt>')
    .replace(MISSPELT_END, '</prompt>')
    .replace(BRACKETS, '<$1prompt>')
    .replace(REPEATED, '')
    .trim()
  if (text === '' || REFUSAL.test(text)) return []
  const found = [readTags, readJson, readFences, readHeadings, readList, readWhole].map((read) => () => read(text))
  for (const read of found) {
    const prompts = read()
      .map(clean)
      .filter(({ prompt }) => prompt !== '' && prompt.length <= LONGEST_PROMPT && !REFUSAL.test(prompt))
    if (prompts.length > 0) return distinct(prompts).slice(0, MOST_PROMPTS)
  }
  return []
}

function readTags(text: string): WrittenPrompt[] {
  const found: WrittenPrompt[] = []
  let last = 0
  // A last prompt may have been cut off before its tag was closed.
  for (const match of text.matchAll(/<prompt>([\s\S]*?)(?:<\/prompt>|(?=<prompt>|<idea>)|$)/gi)) {
    const idea = text.slice(last, match.index).match(/<idea>([\s\S]*?)(?:<\/idea>|$)/i)?.[1]
    last = match.index + match[0].length
    found.push({ prompt: match[1]!, ...(idea ? { hypothesis: idea } : {}) })
  }
  return found
}

function readJson(text: string): WrittenPrompt[] {
  const bare = text.replace(/^[\s\S]*?```(?:json)?\s*\n?(?=[[{])/i, '').replace(/\n?```[\s\S]*$/, '')
  if (!/^\s*[[{]/.test(bare)) return []
  try {
    return ofJson(JSON.parse(bare))
  } catch {
    // Half an object: what is whole in it counts.
    const pairs = bare.matchAll(
      /(?:"hypothesis"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*)?"(?:prompt|instruction|text)"\s*:\s*("(?:[^"\\]|\\.)*")/g,
    )
    return [...pairs].flatMap(([, hypothesis, prompt]) => {
      const read = (quoted: string) => {
        try {
          return JSON.parse(quoted.replaceAll('\n', '\\n')) as string
        } catch {
          return ''
        }
      }
      return [{ prompt: read(prompt!), ...(hypothesis ? { hypothesis: read(hypothesis) } : {}) }]
    })
  }
}

function ofJson(value: unknown): WrittenPrompt[] {
  if (typeof value === 'string') return [{ prompt: value }]
  if (Array.isArray(value)) return value.flatMap(ofJson)
  if (typeof value !== 'object' || value === null) return []
  const object = value as Record<string, unknown>
  const prompt = [object['prompt'], object['instruction'], object['text']].find((text) => typeof text === 'string')
  if (prompt === undefined) return Object.values(object).flatMap((inner) => (Array.isArray(inner) ? ofJson(inner) : []))
  const why = object['hypothesis'] ?? object['idea'] ?? object['reason']
  return [{ prompt: prompt as string, ...(typeof why === 'string' ? { hypothesis: why } : {}) }]
}

function readFences(text: string): WrittenPrompt[] {
  return [...text.matchAll(/```[a-z]*\n([\s\S]*?)(?:```|$)/gi)].map(([, prompt]) => ({ prompt: prompt! }))
}

const HEADING = /^[ \t]*(?:#{1,4} +(.+)|\*\*(.+?)\*\*:?)[ \t]*$/gm
const NAMES_PROMPT = /^(?:\w+ )?(?:prompt|instruction)\b/i

/** What stands under headings that say "Prompt" or "Instruction"; a prompt may have headings of its own. */
function readHeadings(text: string): WrittenPrompt[] {
  const headings = [...text.matchAll(HEADING)].map((match) => ({
    says: (match[1] ?? match[2])!,
    from: match.index,
    to: match.index + match[0].length,
  }))
  if (headings.filter(({ says }) => NAMES_PROMPT.test(says)).length < 2) return []
  return headings.flatMap(({ says, to }, place) =>
    NAMES_PROMPT.test(says) ? [{ prompt: text.slice(to, headings[place + 1]?.from) }] : [],
  )
}

const ITEM = /^\s*(?:\d{1,2}[.):]|[-*•])\s+/

/** A list of at least two prompts; an instruction may hold a list itself, under words of its own. */
function readList(text: string): WrittenPrompt[] {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => ITEM.test(line))
  if (first < 0) return []
  const lead = lines.slice(0, first).join(' ').trim()
  if (lead !== '' && !/[:：]$/.test(lead)) return []
  if (lead !== '' && !/prompt|instruction|version|variant|rewrit|here (are|is)/i.test(lead)) return []
  const items: string[] = []
  for (const line of lines.slice(first)) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ''))
    else if (line.trim() !== '' && /^\s/.test(line)) items[items.length - 1] += `\n${line.trim()}`
  }
  return items.length < 2 ? [] : items.map((prompt) => ({ prompt }))
}

function readWhole(text: string): WrittenPrompt[] {
  return [{ prompt: text }]
}

const LEAD =
  /^(?:(?:sure|certainly|of course|okay)\b[^\n]*[:!.]\s*\n+|here(?:['’]s| is| are)[^\n]*:\s*\n+|\*{0,2}(?:new |improved |revised |rewritten )?(?:prompt|instruction)s?(?: [A-Z\d])?\s*:\*{0,2}\s*|\*{0,2}score \d+\s*:\*{0,2}\s*)+/i

function clean({ prompt, hypothesis }: WrittenPrompt): WrittenPrompt {
  let text = prompt
    .trim()
    .replace(LEAD, '')
    .replace(/^```[a-z]*\n?|\n?```$/gi, '')
    .replace(/<\s*>?\s*\/?\s*(?:prompt|idea)\s*>|\n\/?prompt>$/gi, '')
    .trim()
  const quoted = text.match(/^(["'“”`*]{1,2})([\s\S]+?)(["'“”`*]{1,2})$/)
  if (quoted && !quoted[2]!.includes(quoted[1]![0]!)) text = quoted[2]!.trim()
  const why = hypothesis?.replace(/\s+/g, ' ').trim().slice(0, 300)
  return { prompt: text, ...(why ? { hypothesis: why } : {}) }
}

function distinct(prompts: readonly WrittenPrompt[]): WrittenPrompt[] {
  const seen = new Set<string>()
  return prompts.filter(({ prompt }) => !seen.has(prompt) && seen.add(prompt))
}
