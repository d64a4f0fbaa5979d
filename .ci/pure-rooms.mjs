// The rooms without input and output where there is no Node.js: a study is asked and told, and ranks texts nobody measured.
// Deno runs it, without any permission, in a folder where the package is installed.
import { logExpectedImprovement } from 'krige/acquisition'
import { createKrigePolicy } from 'krige/policy'
import { createStudy } from 'krige/study'
import { createBackend, gaussianProcess, matern52, points } from 'krige/surrogate'

const same = (said, expected) => {
  if (said !== expected) throw new Error(`${JSON.stringify(said)}; expected ${JSON.stringify(expected)}`)
}
const data = { points: points([[0], [0.5], [1]]), targets: Float64Array.of(0, 1, 0) }
const model = { kernel: matern52({ lengthScale: 0.3 }), observationNoise: 1e-6, mean: 'zero' }
const backend = createBackend()
same(
  gaussianProcess(model, data, backend)
    .posterior(points([[0.5]]))
    .mean[0].toFixed(3),
  '1.000',
)
same(Math.exp(logExpectedImprovement(0).evaluate(-0.5, 1).value).toFixed(4), '0.1978')

const pool = ['Write a poem.', 'Name the label.', 'Write a long poem.', 'Name the one label.']
const study = createStudy({ pool, policy: createKrigePolicy, exampleCount: 8, budget: { evaluations: 24 }, seed: 1 })
for (let next = study.next(); next.kind === 'act'; next = study.next()) {
  const { id, candidate, examples } = next.action
  study.tell(
    id,
    examples.map(() => candidate.text.includes('label')),
  )
}
same(study.recommend().winner.text.includes('label'), true)
same(study.rank(['Write a short poem.', 'Name the label, please.'])[0].text, 'Name the label, please.')
console.log(
  `the pure rooms run under ${globalThis.Deno ? `Deno ${Deno.version.deno}` : 'Node.js'}, numbers by ${backend.name}`,
)
