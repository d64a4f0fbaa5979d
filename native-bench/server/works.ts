/**
 * What is timed of the server: over HTTP, from another process, as its users call it.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { candidateText } from '../../src/prompt/candidate.ts'
import { loadTable } from '../../src/recording/load-table.ts'
import { cellOf } from '../../src/recording/table.ts'

export interface ServerRow {
  readonly work: string
  readonly figures: Readonly<Record<string, number>>
}

const root = resolve(import.meta.dirname, '../..')
const TABLE = join(root, 'data/tables/request-routing.gemma-3-270m.json.gz')
const TEXTS = 1_000
/** Outcomes of each measured prompt. */
const EXAMPLES = 20
/** Requests timed, after as many that are not. */
const REQUESTS = 40

interface Running {
  readonly url: string
  readonly process: ChildProcess
}

async function start(): Promise<Running> {
  const server = spawn(
    process.execPath,
    [join(root, 'src/cli/main.ts'), 'serve', '--port', '0', '--store', 'memory:', '--quiet', '--until-stdin-ends'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const [line] = (await once(server.stdout!, 'data')) as [Buffer]
  return { url: /http:\S+(?=;)/.exec(String(line))![0], process: server }
}

async function withServer<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const { url, process } = await start()
  try {
    return await work(url)
  } finally {
    process.stdin!.end()
    await once(process, 'exit')
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a path answers is in the OpenAPI document
async function post(url: string, path: string, body: string): Promise<any> {
  const answer = await fetch(url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${text.slice(0, 200)}`)
  return JSON.parse(text)
}

/** Processor milliseconds of the server so far. */
async function processorTime(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return 1000 * Number(/^krige_process_cpu_seconds_total (\S+)/m.exec(text)![1])
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!

/** New texts from the sentences of real prompts, all different. */
function mixedTexts(prompts: readonly string[], count: number, from: number): string[] {
  const sentences = [...new Set(prompts.flatMap((text) => text.split(/(?<=[.:?!])\s+/)))].filter(
    ({ length }) => length > 20,
  )
  const size = sentences.length
  return Array.from({ length: count }, (_, k) => {
    const at = from + k
    const [a, b] = [at % size, Math.floor(at / size) % size]
    return `${sentences[a]} ${sentences[b]} ${sentences[(7 * a + 3 * b + 1) % size]} (${at})`
  })
}

async function timeRequests(url: string, bodies: (request: number) => string, before: () => Promise<unknown>) {
  const times: number[] = []
  let processor = 0
  for (let request = 0; request < 2 * REQUESTS; request++) {
    const body = bodies(request)
    await before()
    const cpu = await processorTime(url)
    const started = performance.now()
    const { texts } = await post(url, '/studies/bench/rank', body)
    if (texts.length !== TEXTS) throw new Error(`${texts.length} texts were ranked`)
    if (request < REQUESTS) continue
    times.push(performance.now() - started)
    processor += (await processorTime(url)) - cpu
  }
  times.sort((a, b) => a - b)
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), processorMilliseconds: processor / REQUESTS }
}

/**
 * `/rank` of 1,000 texts of some 250 characters, in a study of 168 prompts.
 *
 * @param measured Prompts with outcomes.
 * @param which The same texts each time; new ones each time; or the same after one more result was told.
 */
export const rankTexts = (measured: number, which: 'same' | 'new' | 'told'): Promise<ServerRow> =>
  withServer(async (url) => {
    const table = await loadTable(TABLE)
    const prompts = table.prompts.map(candidateText)
    await post(url, '/studies', JSON.stringify({ name: 'bench', pool: prompts, exampleCount: 120 }))
    const observations = Array.from({ length: measured * EXAMPLES }, (_, k) => {
      const index = k % measured
      const example = Math.floor(k / measured)
      return { candidate: { index }, example, score: cellOf(table, index, example) }
    })
    await post(url, '/studies/bench/observe', JSON.stringify({ observations }))
    const bodyOf = (from: number) => JSON.stringify({ texts: mixedTexts(prompts, TEXTS, from) })
    const same = bodyOf(0)
    let example = EXAMPLES
    const figures = await timeRequests(
      url,
      (request) => (which === 'new' ? bodyOf(request * TEXTS) : same),
      async () => {
        if (which !== 'told') return
        const observation = { candidate: { index: 0 }, example, score: cellOf(table, 0, example) }
        await post(url, '/studies/bench/observe', JSON.stringify({ observations: [observation] }))
        example++
      },
    )
    return { work: `rank-${which}-${measured}`, figures }
  })

const CLIENTS = 64
const TRIALS = 10_000

/** ask + tell by 64 clients at once, TPE over a mixed space, in memory. */
export const askAndTell = (): Promise<ServerRow> =>
  withServer(async (url) => {
    const space = {
      x: { float: [-5, 10] },
      y: { float: [1e-4, 1], log: true },
      depth: { int: [1, 32] },
      kind: { categorical: ['a', 'b', 'c'] },
    }
    const study = { name: 'bench', space, policy: 'tpe', direction: 'minimize', budget: { evaluations: TRIALS } }
    await post(url, '/studies', JSON.stringify(study))
    const proposed = new Set<string>()
    let told = 0
    const client = async () => {
      for (;;) {
        const { actions, status } = await post(url, '/studies/bench/ask', '{}')
        if (status === 'done') return
        for (const { id, candidate } of actions) {
          const { x, y, depth } = candidate.parameters
          proposed.add(JSON.stringify(candidate.parameters))
          const scores = [(x - 2) ** 2 + Math.log10(y) ** 2 + (depth - 8) ** 2 / 64]
          const answer = await post(url, '/studies/bench/tell', JSON.stringify({ results: [{ action: id, scores }] }))
          told += answer.told
        }
      }
    }
    const cpu = await processorTime(url)
    const started = performance.now()
    await Promise.all(Array.from({ length: CLIENTS }, client))
    const seconds = (performance.now() - started) / 1000
    const processorMilliseconds = ((await processorTime(url)) - cpu) / TRIALS
    const { observations, spent } = await (await fetch(`${url}/studies/bench`)).json()
    return {
      work: 'ask-tell',
      figures: {
        pairsPerSecond: TRIALS / seconds,
        processorMilliseconds,
        repeatedProposals: TRIALS - proposed.size,
        lostResults: Math.max(TRIALS - told, TRIALS - observations, TRIALS - spent.evaluations),
      },
    }
  })
