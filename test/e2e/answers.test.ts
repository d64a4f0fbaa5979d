import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { taskFolder } from '../support/krige-cli.ts'
import { krige } from '../support/krige-here.ts'

let server: ChatServer
let folder: string
beforeAll(async () => {
  server = await startChatServer()
  folder = taskFolder(server.model, { prompts: 3, budget: { evaluations: 60, calls: 70 } })
  const { code, stderr } = await krige(folder, 'run', 'task.yaml', '--json')
  if (code !== 0) throw new Error(stderr)
}, 120_000)
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('krige answers', { timeout: 120_000 }, () => {
  it('shows what a prompt answered, and why it scored so', async () => {
    const { code, stdout } = await krige(folder, 'answers', 'tickets', '--prompt', 'p0')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Prompt p0\n/)
    expect(stdout).not.toContain('Prompt p1')
    expect(stdout).toMatch(
      / {2}example \d+: score 0\n {4}none\n {4}↳ label-match: expected "\w+", got no label in "none"\n/,
    )
    expect(stdout).toMatch(/ {2}example \d+: score 1\n {4}(bug|billing|account)\n {2}(holdout )?example/)
    expect(stdout).toMatch(/ {2}holdout example \d+: score/)
  })

  it('prints one JSON object per answer, with its calls, as many as were measured', async () => {
    const { stdout } = await krige(folder, 'answers', 'tickets', '--json')
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const report = JSON.parse((await krige(folder, 'studies', '--json')).stdout)
    expect(answers).toHaveLength(report.evaluations)
    for (const { calls, output, prompt } of answers) {
      expect(calls).toMatchObject([{ role: 'task', text: output, cached: false }])
      expect(calls[0].prompt).toContain(`Instruction ${prompt.slice(1)} of 3.`)
    }
    const one = await krige(folder, 'answers', 'tickets', '--example', '0', '--json')
    for (const line of one.stdout.trim().split('\n')) expect(JSON.parse(line).example).toBe(0)
  })

  it('refuses prompts that are not there, and what is no number', async () => {
    const unknown = await krige(folder, 'answers', 'tickets', '--prompt', 'p9')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toMatch(/has no prompt "p9"[\s\S]*p0, p1, p2/)
    const wrong = await krige(folder, 'answers', 'tickets', '--example', 'first')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('expected a whole number')
    expect((await krige(folder, 'answers', 'absent')).code).toBe(2)
    expect((await krige(folder, 'answers', 'tickets', '--example', '999')).stderr).toContain('No answer is kept')
  })

  it('has its answers in both exports', async () => {
    const csv = await krige(folder, 'export', 'tickets', '--format', 'csv')
    expect(csv.stdout.split('\r\n')[0]).toMatch(/,winner,answers$/)
    expect(csv.stdout).toContain('""output"":""none""')
    const lines = (await krige(folder, 'export', 'tickets')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const traced = lines.filter(({ type, traced }) => type === 'told' && traced)
    expect(lines.filter(({ type }) => type === 'trace')).toHaveLength(traced.length)
  })
})

describe('krige answers and export of a program', { timeout: 120_000 }, () => {
  it('show what every stage answered, and say what stands in an export', async () => {
    const own = taskFolder(
      server.model,
      { prompts: 1, search: 6, holdout: 0, budget: { evaluations: 6 } },
      {
        name: 'staged',
        template: undefined,
        prompts: [{ id: 'p', slots: { sort: 'Instruction 11 of 12.', check: 'Check it.' } }],
        baseline: undefined,
        stages: {
          sort: { template: '{{prompt}}\nTicket: {{input}}\nLabel:' },
          check: { template: '{{prompt}}\nLabel: {{sort}}' },
        },
        output: 'sort',
      },
    )
    const ran = await krige(own, 'run', 'task.yaml')
    expect(ran.stderr + ran.stdout).toContain('Spent: 6 evaluations')
    const { stdout } = await krige(own, 'answers', 'staged')
    expect(stdout).toMatch(/ {2}example \d: score 1\n {4}sort: (\w+)\n {4}check: \n {4}output: \1\n/)
    const prompt = await krige(own, 'export', 'staged', '--format', 'prompt')
    expect(prompt.stdout).toBe('Instruction 11 of 12.\n\nCheck it.\n')
    expect(prompt.stderr).toBe(
      'The winner has several parts (sort, check), here one after the other; --format json keeps them apart.\n',
    )
    expect((await krige(own, 'export', 'staged', '--format', 'promptfoo')).stderr).toContain(
      'The prompt shows no input: ',
    )
    rmSync(own, { recursive: true })
  })
})
