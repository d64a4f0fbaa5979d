import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-code.ts'
import { KrigeError } from '../../src/errors.ts'
import { renderTemplate } from '../../src/prompt/template.ts'
import { loadTask } from '../../src/task/load-task.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-task-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const EXAMPLES = [
  { input: 'It crashes.', expected: 'bug' },
  { input: 'Refund me.', expected: 'billing' },
  { input: 'Add dark mode.', expected: 'feature' },
  { input: 'Where is my parcel?', expected: 'shipping' },
]
const PROMPTS = [
  { id: 'a', slots: { instruction: 'Label it.', demonstrations: '' } },
  { id: 'b', slots: { instruction: 'Which queue?', demonstrations: 'Ticket: Hello\nLabel: bug' } },
]
const YAML = `name: triage
examples: examples.jsonl
split: { search: 0.5, holdout: 0.5, seed: 1 }
template: "{{instruction}}\\n\\n{{demonstrations}}\\nTicket: {{input}}\\nLabel:"
metric: label-match
model: gguf:smollm2-135m-instruct
prompts: prompts.jsonl
baseline: "Classify the ticket."
budget: { evaluations: 10, calls: 12 }
`

const jsonl = (rows: readonly unknown[]) =>
  `${rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n')}\n`

function write(options: { yaml?: string; examples?: readonly unknown[]; prompts?: readonly unknown[] } = {}): string {
  writeFileSync(join(folder, 'examples.jsonl'), jsonl(options.examples ?? EXAMPLES))
  writeFileSync(join(folder, 'prompts.jsonl'), jsonl(options.prompts ?? PROMPTS))
  const file = join(folder, 'task.yaml')
  writeFileSync(file, options.yaml ?? YAML)
  return file
}

/** What the user is told: `file:line: what`, and the remedy. */
function complaint(options: Parameters<typeof write>[0], load: Parameters<typeof loadTask>[1] = {}) {
  try {
    loadTask(write(options), load)
  } catch (error) {
    if (!KrigeError.isInstance(error)) throw error
    expect(exitCodeOf(error)).toBe(2)
    expect(error.remedy, 'a remedy').toBeTruthy()
    const where = error.where?.replace(/^.*[\\/]/, '') ?? ''
    return `${where}: ${error.message}`
  }
  throw new Error('the task was accepted')
}

describe('a task with a baseline alone', () => {
  it('has its prompts written, in the slots of the template', () => {
    const task = loadTask(write({ yaml: YAML.replace(/prompts: .*\n/, 'generator: gguf:larger\npreserve: [ACME]\n') }))
    expect(task).toMatchObject({ proposers: 'auto', generator: 'gguf:larger', preserve: ['ACME'], baseline: 0 })
    expect(task.pool).toEqual([
      {
        id: 'baseline',
        slots: { instruction: 'Classify the ticket.', demonstrations: '' },
        origin: { by: 'baseline' },
      },
    ])
    expect(task.warnings.join()).not.toMatch(/single prompt/)
    expect(task.warnings.join()).toContain('preserve: no prompt has "ACME"')
    const kept = loadTask(write({ yaml: `${YAML}preserve: [ticket.]\n` }))
    expect(kept.warnings.join()).not.toContain('preserve')
  })

  it('grows no pool that was given, unless it is told to', () => {
    expect(loadTask(write()).proposers).toBe('none')
    expect(loadTask(write({ yaml: `${YAML}proposers: auto\n` })).proposers).toBe('auto')
  })
})

describe('loadTask', () => {
  it('reads a task, adds the baseline to the pool and splits the examples', () => {
    const task = loadTask(write())
    expect(task.pool.map((candidate) => candidate.id)).toEqual(['a', 'b', 'baseline'])
    expect(task.pool[task.baseline!]!.slots).toEqual({ instruction: 'Classify the ticket.', demonstrations: '' })
    expect([...task.split.search, ...task.split.holdout].sort()).toEqual([0, 1, 2, 3])
    expect(task.split.search).toHaveLength(2)
    expect(task.labels).toEqual(['bug', 'billing', 'feature', 'shipping'])
    expect(task.budget).toEqual({ evaluations: 10, calls: 12 })
    expect(task.sampling).toEqual({ temperature: 0, maxOutputTokens: 16 })
  })

  it('searches system messages where the prompt stands in one', () => {
    const yaml = YAML.replace(/template: .*/, "system: 'You sort tickets. {{prompt}}'").replace(
      'prompts.jsonl',
      '[Be brief., Be exact.]',
    )
    const task = loadTask(write({ yaml }))
    expect(task.pool.map(({ text }) => text)).toEqual(['Be brief.', 'Be exact.', 'Classify the ticket.'])
    expect(renderTemplate(task.template!, task.pool[0]!, task.examples[0]!)).toEqual({
      system: 'You sort tickets. Be brief.',
      text: 'It crashes.',
      prefixLength: 0,
    })
    // A fixed one leaves the prompt to the message of the user.
    const fixed = loadTask(write({ yaml: yaml.replace('{{prompt}}', 'Always.') }))
    expect(renderTemplate(fixed.template!, fixed.pool[0]!, fixed.examples[0]!)).toMatchObject({
      system: 'You sort tickets. Always.',
      text: 'Be brief.\n\nIt crashes.',
    })
    expect(task.fingerprint).not.toBe(fixed.fingerprint)
    expect(complaint({ yaml: yaml.replace('{{prompt}}', '{{ prompt | upper }}') })).toMatch(
      /^task.yaml:\d+: template has \{\{ prompt \| upper \}\}; expected a name/,
    )
  })

  it('tells prompts apart that differ in what was said before', () => {
    const said = (answer: string) =>
      `Label it.\n\nConversation:\n<user>\nHi\n</user>\n<assistant>\n${answer}\n</assistant>`
    const prompts = [said('bug'), said('billing'), said('bug').replace('Label', 'Sort')].map((text) => ({ text }))
    const plain = YAML.replace(/template: .*/, 'template: "{{prompt}}\\n{{input}}"')
    const nested = YAML.replace(/template: .*/, 'template: "{{prompt}} {{input}}"\npromptVariables: true')
    for (const yaml of [plain, nested, plain.replace('template', "template: '{{input}}'\nsystem")]) {
      const task = loadTask(write({ yaml, prompts }))
      expect(task.pool).toHaveLength(4)
      expect(task.warnings.join()).not.toContain('Conversation')
      expect(complaint({ yaml, prompts: [...prompts, prompts[0]] })).toContain('repeats another')
    }
    const cut = [said('bug'), `${said('bug')}\nAnd?`, `${said('a')}\nSo?`].map((text) => ({ text }))
    const broken = loadTask(write({ yaml: plain, prompts: cut }))
    expect(broken.warnings.join()).toContain('prompt 2 (and 1 more): what follows "Conversation:" is sent as text')
  })

  it('says which names stay empty beside a prompt that is one text', () => {
    const warnings = (system: string, more = '') =>
      loadTask(
        write({
          yaml: `${YAML.replace(/template: .*/, `system: ${system}`).replace('prompts.jsonl', '[Be brief., Be exact.]')}${more}`,
        }),
      ).warnings.join()
    expect(warnings('"Be {{tone}}. {{prompt}}"')).toContain('{{tone}} is empty in all that is sent')
    expect(warnings('"Be {{tone}}."')).toContain('{{tone}} is empty')
    expect(warnings('"{{prompt}}"')).not.toContain('is empty')
    const parameters = 'parameters: { tone: { categorical: [kind, terse] } }\n'
    expect(warnings('"Be {{tone}}."', parameters)).toContain('{{tone}} is empty in the baseline, which states no tone')
    expect(
      warnings('"Be brief."', parameters.replaceAll('tone', 'temperature').replace('kind, terse', '0, 1')),
    ).not.toContain('is empty')
    expect(loadTask(write()).warnings.join()).not.toContain('is empty')
  })

  it('says what a module of its own does not use', () => {
    writeFileSync(join(folder, 'own.ts'), 'export default () => 1\n')
    const yaml = YAML.replace(/template: .*/, "system: '{{prompt}}'\nevaluate: ./own.ts")
    expect(loadTask(write({ yaml })).warnings.join()).toContain('system is not used: the module that evaluate names')
  })

  it('finds a baseline that is in the pool already', () => {
    const yaml = YAML.replace('"Classify the ticket."', '"Label it."')
    const task = loadTask(write({ yaml }))
    expect(task.pool).toHaveLength(2)
    expect(task.baseline).toBe(0)
  })

  it('splits by seed, and moves few examples when some are added', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      id: `e${index}`,
      input: `Ticket ${index}`,
      expected: 'bug',
    }))
    const first = loadTask(write({ examples: many }))
    const again = loadTask(write({ examples: many }))
    expect(again.split).toEqual(first.split)
    const other = loadTask(write({ examples: many, yaml: YAML.replace('seed: 1', 'seed: 2') }))
    expect(other.split.search).not.toEqual(first.split.search)
    const more = loadTask(write({ examples: [...many, { id: 'new', input: 'New ticket', expected: 'bug' }] }))
    const before = new Set(first.split.search)
    expect(more.split.search.filter((index) => index < 40 && !before.has(index)).length).toBeLessThanOrEqual(1)
  })

  it('takes prompts, examples and parameters written in the file itself', () => {
    const yaml = `name: inline
examples: [{ input: a, expected: x }, { input: b, expected: y }]
template: "{{prompt}} {{input}}"
metric: exact-match
model: openai:gpt-test
prompts: [First., Second.]
parameters: { temperature: { float: [0, 1] } }
`
    const task = loadTask(write({ yaml }))
    const GRID = [0, 0.25, 0.5, 0.75, 1]
    expect([...new Set(task.pool.map((candidate) => candidate.text))]).toEqual(['First.', 'Second.'])
    expect(task.pool.map(({ parameters }) => parameters!['temperature'])).toEqual([...GRID, ...GRID])
    expect(task.space['temperature']).toMatchObject({ kind: 'float', low: 0, high: 1 })
    expect(task.baseline).toBeUndefined()
    const stating = (value: string) =>
      yaml.replace('[First., Second.]', `[{ text: First., parameters: ${value} }, Second.]`)
    expect(loadTask(write({ yaml: stating('{ temperature: 0.5 }') })).pool).toHaveLength(6)
    expect(() => loadTask(write({ yaml: stating('{ temperature: 5 }') }))).toThrow(
      'has temperature: 5; expected a number from 0 to 1',
    )
    expect(() => loadTask(write({ yaml: stating('{ temperatur: 0.5 }') }))).toThrow('a parameter temperatur')
    const stepped = stating('{ temperature: 0.3 }').replace('[0, 1]', '[0, 1], step: 0.1')
    expect(loadTask(write({ yaml: stepped })).pool[0]!.parameters).toEqual({ temperature: 0.3 })
    expect(() => loadTask(write({ yaml: stepped.replace('0.3', '0.35') }))).toThrow(
      'has temperature: 0.35; expected a number from 0 to 1 in steps of 0.1',
    )
  })

  it('has a fingerprint of what scores depend on, not of pool or budget', () => {
    const first = loadTask(write())
    const budget = loadTask(write({ yaml: YAML.replace('evaluations: 10', 'evaluations: 99') }))
    const pool = loadTask(
      write({ prompts: [...PROMPTS, { id: 'c', slots: { instruction: 'Sort it.', demonstrations: '' } }] }),
    )
    const metric = loadTask(write({ yaml: YAML.replace('label-match', 'exact-match') }))
    expect(budget.fingerprint).toBe(first.fingerprint)
    expect(pool.fingerprint).toBe(first.fingerprint)
    expect(metric.fingerprint).not.toBe(first.fingerprint)
  })

  it('takes a model with settings, which are nothing a score depends on', () => {
    const named = (model: string) => loadTask(write({ yaml: YAML.replace(/^model:.*$/m, `model: ${model}`) }))
    const plain = named('openai:gpt-test')
    const asked = named('{ name: openai:gpt-test, apiKeyCommand: [pass, show, it], requestsPerMinute: 60 }')
    expect(asked.model).toBe('openai:gpt-test')
    expect(asked.modelSettings).toEqual({ apiKeyCommand: ['pass', 'show', 'it'], requestsPerMinute: 60 })
    expect(asked.fingerprint).toBe(plain.fingerprint)
    const hosted = (login: string) => named(`openai-compatible:https://${login}host/v1#name`).fingerprint
    expect(hosted('me:one@')).toBe(hosted('me:two@'))
    expect(() => named('{ name: openai:gpt-test, apiKey: sk-123 }')).toThrow(/model/)
    expect(() => named('{ name: openai:gpt-test, requestsPerMinute: 0 }')).toThrow(/model/)
    expect(() => named('{ requestsPerMinute: 10 }')).toThrow(/model/)
  })

  it('does not repeat a password when an address is wrong', () => {
    const wrong = YAML.replace(/^model:.*$/m, 'model: openai-compatible:https://me:hunter2@host/v1')
    expect(() => loadTask(write({ yaml: wrong }))).toThrow(/https:\/\/host\/v1/)
    expect(() => loadTask(write({ yaml: wrong }))).not.toThrow(/hunter2/)
  })

  it('accepts emoji, right-to-left text, 50 kB and template syntax inside prompts', () => {
    const prompts = [
      { id: 'emoji', slots: { instruction: 'Label 🎫👩‍💻 it', demonstrations: '' } },
      { id: 'rtl', slots: { instruction: 'صنّف التذكرة', demonstrations: '' } },
      { id: 'long', slots: { instruction: 'word '.repeat(10_000), demonstrations: '' } },
      {
        id: 'syntax',
        slots: { instruction: '{{input}} {% raw %} {{constructor}} <%= x %>', demonstrations: '' },
      },
    ]
    expect(loadTask(write({ prompts })).pool).toHaveLength(5)
  })

  it('reads a pool of 10,000 prompts within seconds', () => {
    const prompts = Array.from({ length: 10_000 }, (_, index) => ({
      id: `p${index}`,
      slots: { instruction: `Label ${index}.`, demonstrations: '' },
    }))
    const started = performance.now()
    expect(loadTask(write({ prompts })).pool).toHaveLength(10_001)
    expect(performance.now() - started).toBeLessThan(8000)
  })

  it('warns about contradictory examples', () => {
    const yaml = YAML.replace(/baseline: .*\n/, '')
    const examples = [...EXAMPLES, { input: 'It crashes.', expected: 'feature' }]
    const { warnings } = loadTask(write({ yaml, prompts: PROMPTS.slice(0, 1), examples }))
    expect(warnings.join('\n')).toMatch(/examples\.jsonl:5 and .*examples\.jsonl:1 have the same input/)
    const many = [...EXAMPLES, ...EXAMPLES.map(({ input }) => ({ input, expected: 'other' }))]
    const contrary = loadTask(write({ yaml, examples: many })).warnings.filter((one) => one.includes('same input'))
    expect(contrary).toEqual([expect.stringMatching(/expect different answers; so do 3 more$/)])
  })

  it.each<[string, Parameters<typeof write>[0], RegExp]>([
    ['an empty file', { yaml: '' }, /task is empty/],
    ['a list', { yaml: '- a\n- b\n' }, /^task\.yaml:1: a task file holds keys and values/],
    ['broken YAML', { yaml: 'name: [a\nmodel: b\n' }, /^task\.yaml:\d: not valid YAML/],
    ['a key given twice', { yaml: `${YAML}name: again\n` }, /^task\.yaml:10: not valid YAML/],
    ['an unknown key', { yaml: `${YAML}metrik: x\n` }, /^task\.yaml:10: unknown key metrik/],
    [
      'an unknown key inside',
      { yaml: YAML.replace('calls: 12', 'cals: 12') },
      /^task\.yaml:9: unknown key budget\.cals/,
    ],
    [
      'a blank baseline',
      { yaml: YAML.replace(/baseline: .*/, 'baseline: "  "') },
      /^task\.yaml:\d+: baseline is empty/,
    ],
    [
      'an empty slot as baseline',
      { yaml: YAML.replace(/baseline: .*/, 'baseline: { text: "" }') },
      /^task\.yaml:\d+: baseline is empty/,
    ],
    ['a negative budget', { yaml: YAML.replace('calls: 12', 'calls: -12') }, /^task\.yaml:9: budget\.calls is /],
    [
      'a budget that is no number',
      { yaml: YAML.replace('calls: 12', 'calls: many') },
      /^task\.yaml:9: budget\.calls is /,
    ],
    ['missing prompts', { yaml: YAML.replace(/(prompts|baseline): .*\n/g, '') }, /neither prompts nor a baseline/],
    [
      'an unknown proposer',
      { yaml: `${YAML}proposers: [reflekt]\n` },
      /^task\.yaml:10: there is no proposer "reflekt"/,
    ],
    [
      'a setting that a proposer does not have',
      { yaml: `${YAML}proposers: [edit, { name: reflect, failure: 3 }]\n` },
      /^task\.yaml:10: proposer reflect has no setting failure/,
    ],
    ['no proposers', { yaml: `${YAML}proposers: []\n` }, /^task\.yaml:10: /],
    ['a generator that is none', { yaml: `${YAML}generator: smollm2\n` }, /^task\.yaml:10: generator is "smollm2"/],
    ['missing metric', { yaml: YAML.replace(/metric: .*\n/, '') }, /no metric/],
    ['missing model', { yaml: YAML.replace(/model: .*\n/, '') }, /no model/],
    [
      'a model that is none',
      { yaml: YAML.replace('gguf:smollm2-135m-instruct', 'smollm2') },
      /^task\.yaml:6: model is "smollm2"/,
    ],
    [
      'an endpoint without a model',
      { yaml: YAML.replace('gguf:smollm2-135m-instruct', 'openai-compatible:http://127.0.0.1:1/v1') },
      /^task\.yaml:6: model is/,
    ],
    [
      'an unknown metric',
      { yaml: YAML.replace('label-match', 'label-mach') },
      /^task\.yaml:5: metric "label-mach" is unknown/,
    ],
    [
      'an unknown metric setting',
      { yaml: YAML.replace('label-match', '{ name: numeric, tolerence: 1 }') },
      /^task\.yaml:5: metric numeric/,
    ],
    [
      'a missing examples file',
      { yaml: YAML.replace('examples.jsonl', 'gone.jsonl') },
      /^task\.yaml:2: examples file .*gone\.jsonl does not exist/,
    ],
    [
      'a missing metric module',
      { yaml: YAML.replace('label-match', './gone.ts') },
      /^task\.yaml:5: metric .*gone\.ts does not exist/,
    ],
    [
      'shares above 1',
      { yaml: YAML.replace('holdout: 0.5', 'holdout: 0.6') },
      /^task\.yaml:3: split shares add up to 1\.1/,
    ],
    [
      'counts above what there is',
      { yaml: YAML.replace('search: 0.5, holdout: 0.5', 'search: 3, holdout: 2') },
      /^task\.yaml:3: split asks for 3 \+ 2 examples; there are 4/,
    ],
    [
      'a split with nothing to search',
      { yaml: YAML.replace('search: 0.5', 'search: 0') },
      /^task\.yaml:3: split leaves no example/,
    ],
    ['a negative share', { yaml: YAML.replace('search: 0.5', 'search: -0.5') }, /^task\.yaml:3: split\.search/],
    [
      'a template without the example',
      { yaml: YAML.replace('{{input}}', 'x') },
      /^task\.yaml:4: template shows nothing of the example/,
    ],
    [
      'a template without the prompt',
      { yaml: YAML.replace('{{instruction}}', '').replace('{{demonstrations}}', '') },
      /^task\.yaml:4: template shows nothing of the prompt/,
    ],
    [
      'a template that does not close',
      { yaml: YAML.replace('{{input}}', '{{input') },
      /^task\.yaml:4: template has \{\{/,
    ],
    [
      'a template with logic',
      { yaml: YAML.replace('{{input}}', '{% if x %}{{input}}') },
      /^task\.yaml:4: template has \{%/,
    ],
    [
      'a template with a filter',
      { yaml: YAML.replace('{{input}}', '{{input | upcase}}') },
      /^task\.yaml:4: template has \{\{input \| upcase\}\}/,
    ],
    [
      'a baseline that is not in the pool',
      { yaml: YAML.replace('"Classify the ticket."', '{ id: zzz }') },
      /^task\.yaml:8: baseline names prompt "zzz"/,
    ],
    ['no examples', { examples: [] }, /examples\.jsonl: there are no examples/],
    ['one example', { examples: EXAMPLES.slice(0, 1) }, /examples\.jsonl: there is 1 example/],
    ['an example line that is not JSON', { examples: [...EXAMPLES, '{"input": '] }, /^examples\.jsonl:5: not JSON/],
    [
      'an example without input',
      { examples: [...EXAMPLES, { expected: 'bug' }] },
      /^examples\.jsonl:5: example has no "input"/,
    ],
    [
      'an example without expected',
      { examples: [...EXAMPLES, { input: 'x' }] },
      /^examples\.jsonl:5: example 5 has no "expected"/,
    ],
    [
      'expected that is no string',
      { examples: [...EXAMPLES, { input: 'x', expected: 3 }] },
      /^examples\.jsonl:5: "expected" is 3; label-match needs a string/,
    ],
    [
      'expected that is none of the labels',
      {
        yaml: YAML.replace(
          'metric: label-match',
          'metric: { name: label-match, labels: [bug, billing, feature, shipping] }',
        ),
        examples: [...EXAMPLES, { input: 'x', expected: 'bugs' }],
      },
      /^examples\.jsonl:5: "expected" is "bugs"; label-match needs one of its labels: bug, billing, feature, shipping/,
    ],
    [
      'an example id twice',
      { examples: [...EXAMPLES, { id: '1', input: 'x', expected: 'bug' }] },
      /^examples\.jsonl:5: example id "1" is used twice/,
    ],
    ['an example twice', { examples: [...EXAMPLES, EXAMPLES[0]] }, /^examples\.jsonl:5: example repeats another/],
    ['no prompts', { prompts: [] }, /prompts\.jsonl: there are no prompts/],
    [
      'a prompt id twice',
      { prompts: [...PROMPTS, { id: 'a', slots: { instruction: 'x', demonstrations: '' } }] },
      /^prompts\.jsonl:3: prompt id "a" is used twice/,
    ],
    [
      'a prompt text twice',
      { prompts: [...PROMPTS, { id: 'c', slots: PROMPTS[0]!.slots }] },
      /^prompts\.jsonl:3: prompt "c" repeats another prompt's text/,
    ],
    [
      'a slot the template does not name',
      { prompts: [{ id: 'a', slots: { instruction: 'x', demonstrations: '', style: 'y' } }] },
      /^prompts\.jsonl:1: prompt "a" has a slot "style"/,
    ],
    [
      'a missing slot',
      { prompts: [{ id: 'a', slots: { instruction: 'x' } }] },
      /^prompts\.jsonl:1: candidate a has nothing for \{\{demonstrations\}\}/,
    ],
    ['an empty prompt', { prompts: [...PROMPTS, { id: 'c', text: '  ' }] }, /^prompts\.jsonl:3: prompt is empty/],
    ['a prompt of the wrong shape', { prompts: [...PROMPTS, { id: 'c', txt: 'x' }] }, /^prompts\.jsonl:3: prompt/],
  ])('refuses %s, naming file and line', (_, files, pattern) => {
    expect(complaint(files)).toMatch(pattern)
  })

  it('keeps reads inside the task folder unless allowed', () => {
    const outside = mkdtempSync(join(tmpdir(), 'krige-outside-'))
    try {
      writeFileSync(join(outside, 'examples.jsonl'), jsonl(EXAMPLES))
      const yaml = YAML.replace('examples.jsonl', join(outside, 'examples.jsonl'))
      expect(complaint({ yaml })).toMatch(/^task\.yaml:2: .* lies outside the task's folder/)
      expect(loadTask(write({ yaml }), { allowOutside: true }).examples).toHaveLength(4)
      mkdirSync(join(folder, 'sub'))
      symlinkSync(join(outside, 'examples.jsonl'), join(folder, 'sub', 'link.jsonl'))
      expect(complaint({ yaml: YAML.replace('examples.jsonl', 'sub/link.jsonl') })).toMatch(/lies outside/)
    } finally {
      rmSync(outside, { recursive: true, force: true })
    }
  })

  it('refuses a file that is not UTF-8', () => {
    const file = write()
    writeFileSync(join(folder, 'examples.jsonl'), Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))
    expect(() => loadTask(file)).toThrow(/is not UTF-8/)
  })
})
