import { createRandom } from '../numerics/random/random.ts'
import { parseTemplate } from '../prompt/template.ts'
import type { Draft, Member, ProposalRequest, Proposer } from '../proposer/proposer.ts'
import { createTaskView } from '../proposer/task-view.ts'
import { defineSpace } from '../space/parameter.ts'
import { type ConformanceCheck, require } from './conformance.ts'

const LABELS = ['bug', 'billing', 'feature']
const INPUTS = ['the app crashes when I open it', 'you charged my card two times', 'please add a dark mode soon']

/** A pool with outcomes of every kind: right, wrong, failed; with and without texts. */
function requestOf(ask: ProposalRequest['ask'] | undefined, count: number, seed = 1): ProposalRequest {
  const examples = Array.from({ length: 30 }, (_, index) => ({
    id: String(index + 1),
    input: `${INPUTS[index % 3]} (case ${index + 1})`,
    expected: LABELS[index % 3]!,
    fields: {},
  }))
  const candidates = [
    { id: 'baseline', slots: { instruction: 'Classify the ticket. Be exact.', demonstrations: '' } },
    {
      id: 'b',
      slots: { instruction: 'Say bug, billing or feature.', demonstrations: '' },
      origin: { by: 'proposer', parents: [0], hypothesis: 'name the labels' } as const,
    },
    {
      id: 'c',
      slots: {
        instruction: 'What is it? Think. Then answer.',
        demonstrations: 'Ticket: x\nLabel: bug\nTicket: y\nLabel: billing',
      },
    },
  ]
  const task = createTaskView({
    template: parseTemplate('{{instruction}}\n\n{{demonstrations}}\nTicket: {{input}}\nLabel:'),
    examples,
    answers: { kind: 'labels', labels: LABELS },
    baseline: candidates[0]!,
    space: defineSpace({ temperature: { float: [0, 1] } }),
  })
  const pool = candidates.map(
    (candidate, index): Member => ({
      index,
      candidate,
      mean: 0.4 + index / 10,
      standardDeviation: 0.1,
      outcomes: examples.map(({ expected }, example) => ({
        example,
        score: example === 5 ? null : Number((example + index) % 3 === 0),
        ...(example % 2 === 0 ? { output: (example + index) % 3 === 0 ? expected : 'other' } : {}),
        ...(example % 4 === 0 ? { feedback: [{ text: 'Read it again.', from: 'judge' }] } : {}),
      })),
    }),
  )
  return { parents: [pool[2]!, pool[0]!], pool, task, count, random: createRandom(seed), ...(ask ? { ask } : {}) }
}

const ANSWERS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a refusal', "I'm sorry, but I can't help with that."],
  ['half a list', '<prompt>Sort the tick'],
  ['JSON cut off', '{"candidates":[{"hypothesis":"a","prompt":"Sort it."},{"hypo'],
  ['template syntax', '<prompt>{{input}} {% if x %}</prompt>'],
  ['50 kB', 'word '.repeat(10_000)],
  ['another language', '<prompt>请将工单分类。</prompt>'],
]

/**
 * What a proposer owes. Drafts have all slots and parents in the pool; they are no more than wanted, and the same for
 * the same stream. There is no call without a generator, and no throw whatever a generator says.
 *
 * @example
 * for (const { name, run } of proposerConformance(() => createProposer('mutate'))) it(name, run)
 */
export function proposerConformance(create: () => Proposer): ConformanceCheck[] {
  const write = async () =>
    '<idea>Be exact.</idea><prompt>Sort the ticket with care.</prompt><prompt>Sort it well.</prompt>'
  const checkDrafts = (drafts: readonly Draft[], request: ProposalRequest) => {
    require(drafts.length <= request.count, `${drafts.length} drafts came; expected at most ${request.count}`)
    for (const { slots, parents, shows = [], proposer } of drafts) {
      const names = Object.keys(slots).toSorted().join()
      require(names === [...request.task.slots].toSorted().join(), `slots are ${names}; expected ${request.task.slots}`)
      require(parents.length > 0 &&
        parents.every((parent) => parent in request.pool), `parents ${parents} are not in the pool`)
      require(proposer !== '', 'a draft names no proposer')
      const sorted = [...new Set(shows)].sort((a, b) => a - b)
      require(sorted.join() === shows.join(), `shows is ${shows}; expected ascending positions, each once`)
      require(shows.every((example) => example in request.task.examples), `shows ${shows} are no search examples`)
    }
  }
  return [
    {
      name: 'gives drafts of the task, no more than wanted',
      async run() {
        for (const count of [1, 4, 9]) {
          const request = requestOf(write, count)
          const drafts = await create().propose(request)
          require(drafts.length > 0, `no draft came of ${count} wanted`)
          checkDrafts(drafts, request)
        }
      },
    },
    {
      name: 'gives the same for the same stream',
      async run() {
        const [a, b] = [await create().propose(requestOf(write, 5)), await create().propose(requestOf(write, 5))]
        require(JSON.stringify(a) === JSON.stringify(b), 'two runs with one seed differ')
      },
    },
    {
      name: 'asks no more than it says',
      async run() {
        for (const count of [1, 5, 8]) {
          let asked = 0
          const proposer = create()
          const counted = async () => {
            asked++
            return write()
          }
          await proposer.propose(requestOf(counted, count))
          const most = proposer.calls(count)
          require(asked <= most, `${asked} calls for ${count} drafts; calls(${count}) says ${most}`)
        }
      },
    },
    {
      name: 'does without a generator, or gives nothing',
      async run() {
        const proposer = create()
        const request = requestOf(undefined, 4)
        const drafts = await proposer.propose(request)
        checkDrafts(drafts, request)
        require(!proposer.needsGenerator || drafts.length === 0, 'it says that it needs a generator, and does not')
      },
    },
    {
      name: 'shows no answer of what it was not scored on',
      async run() {
        const request = requestOf(write, 6)
        for (const { slots, shows = [] } of await create().propose(request)) {
          const text = Object.values(slots).join('\n')
          const copied = request.task.examples.flatMap(({ input }, example) =>
            text.includes(String(input)) ? [example] : [],
          )
          require(copied.every((example) => shows.includes(example)), `it shows ${copied}, but declares ${shows}`)
        }
      },
    },
    {
      name: 'works from one prompt of which nothing is known',
      async run() {
        const request = requestOf(write, 4)
        const [first] = request.pool
        const alone: Member = { index: 0, candidate: first!.candidate, outcomes: [] }
        const bare = { ...request, parents: [alone], pool: [alone] }
        checkDrafts(await create().propose(bare), bare)
      },
    },
    ...ANSWERS.map(([what, answer]) => ({
      name: `takes ${what} from a generator`,
      async run() {
        const request = requestOf(async () => answer, 4)
        checkDrafts(await create().propose(request), request)
      },
    })),
    {
      name: 'takes a generator that does not answer',
      async run() {
        const request = requestOf(async () => undefined, 4)
        checkDrafts(await create().propose(request), request)
      },
    },
  ]
}
