/**
 * Speed of a local model: Krige's door beside the bare binary, what reuse of the prompt's prefix saves, and what batches bring.
 * Processor time of one thread, in one process, so that other work on the machine matters little.
 *
 *     npm run bench:local-model -- [--model NAME] [--task FILE]
 *
 * @module
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'
import { modelsFolder } from '../../src/cli/cache-folder.ts'
import { findGguf } from '../../src/evaluation/models/find-gguf.ts'
import { type GgufModel, openGgufModel } from '../../src/evaluation/models/gguf-model.ts'
import { renderTemplate } from '../../src/prompt/template.ts'
import { loadTask } from '../../src/task/load-task.ts'

const root = resolve(import.meta.dirname, '../..')
const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'qwen2.5-coder-1.5b-instruct' },
    task: { type: 'string', default: join(root, 'data/tasks/ticket-triage/task-instruct.yaml') },
  },
})
const PREFILL = 256
const DECODE = 32
const file = findGguf(flags.model, modelsFolder(process.env))
const task = loadTask(flags.task)

/** Seconds of processor time that `work` took. */
async function seconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

const prompts = (count: number, id: string) => {
  const candidate = task.pool.find((one) => one.id === id)!
  return task.examples.slice(0, count).map((example) => renderTemplate(task.template!, candidate, example).text)
}
const long = Array.from({ length: PREFILL }, (_, index) => `word${index % 7}`).join(' ')
const story = 'Write a long story about a lighthouse keeper.'
const sampling = { temperature: 0, maxOutputTokens: DECODE }

async function bare(): Promise<{ prefill: number; decode: number }> {
  const llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error, maxThreads: 1 })
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 })
  const context = await model.createContext({ contextSize: 4096, threads: 1 })
  const sequence = context.getSequence()
  const tokens = model.tokenize(long).slice(0, PREFILL)
  await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, 8))
  await sequence.clearHistory()
  const prefill = PREFILL / (await seconds(() => sequence.evaluateWithoutGeneratingNewTokens(tokens)))
  const began = model.tokenize(story)
  let decode = 0
  let before = process.cpuUsage()
  for await (const _ of sequence.evaluate(began, { temperature: 0 })) {
    if (decode++ === 0) before = process.cpuUsage()
    if (decode > DECODE) break
  }
  const { user, system } = process.cpuUsage(before)
  await llama.dispose()
  return { prefill, decode: DECODE / ((user + system) / 1e6) }
}

const open = (sequences: number, keptPrompts = sequences) =>
  openGgufModel({ file, name: flags.model, identity: flags.model, threads: 1, sequences, keptPrompts })

async function throughKrige(model: GgufModel): Promise<{ prefill: number; decode: number }> {
  await model.generate({ prompt: 'Hi.', sampling: { temperature: 0, maxOutputTokens: 1 } })
  const count = model.countTokens(long)
  const one = await seconds(() => model.generate({ prompt: long, sampling: { temperature: 0, maxOutputTokens: 1 } }))
  const first = await seconds(() => model.generate({ prompt: story, sampling: { temperature: 0, maxOutputTokens: 1 } }))
  const all = await seconds(() =>
    model.generate({ prompt: story, sampling: { temperature: 0, maxOutputTokens: DECODE + 1 } }),
  )
  return { prefill: count / one, decode: DECODE / (all - first) }
}

/** Processor seconds per cell of one prompt on 16 examples. */
async function cells(sequences: number, id: string, shuffled: boolean): Promise<number> {
  const model = await open(sequences)
  const asked = prompts(16, id)
  // With something else between two cells of a prompt, nothing is there to be reused.
  const other = shuffled ? prompts(16, 'bare').map((text) => `Another prompt altogether. ${text}`) : []
  await model.generate({ prompt: 'Hi.', sampling: { temperature: 0, maxOutputTokens: 1 } })
  let spent = 0
  if (shuffled) {
    for (const [index, prompt] of asked.entries()) {
      await model.generate({ prompt: other[index]!, sampling: { temperature: 0, maxOutputTokens: 1 } })
      spent += await seconds(() => model.generate({ prompt, sampling: { temperature: 0, maxOutputTokens: 4 } }))
    }
  } else {
    spent = await seconds(() =>
      Promise.all(asked.map((prompt) => model.generate({ prompt, sampling: { ...sampling, maxOutputTokens: 4 } }))),
    )
  }
  await model.close()
  return spent / asked.length
}

const raw = await bare()
const model = await open(1)
const ours = await throughKrige(model)
await model.close()
const row = (...columns: (string | number)[]) => process.stdout.write(`| ${columns.join(' | ')} |\n`)
row('tokens per second of one thread', 'binary alone', 'through Krige', 'share')
row('---', '---', '---', '---')
for (const kind of ['prefill', 'decode'] as const) {
  row(kind, raw[kind].toFixed(1), ours[kind].toFixed(1), `${((100 * ours[kind]) / raw[kind]).toFixed(0)}%`)
}
process.stdout.write('\n')
row('prompt', 'seconds per cell, nothing reused', 'prefix reused', 'saved', '8 sequences')
row('---', '---', '---', '---', '---')
for (const id of ['terse/none', 'definitions/six']) {
  const [none, reused, batched] = [await cells(1, id, true), await cells(1, id, false), await cells(8, id, false)]
  row(id, none.toFixed(2), reused.toFixed(2), `${(100 * (1 - reused / none)).toFixed(0)}%`, batched.toFixed(2))
}
