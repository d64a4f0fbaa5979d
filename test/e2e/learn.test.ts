import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { taskFolder } from '../support/krige-cli.ts'
import { krige } from '../support/krige-here.ts'

let server: ChatServer
let folder: string
beforeAll(async () => {
  server = await startChatServer()
  folder = taskFolder(server.model)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Recorded outcomes: the longer the prompt, the more are right. */
function writeTable(name: string, task: string): void {
  const prompts = Array.from({ length: 12 }, (_, i) => ({
    id: `${i}`,
    text: Array.from({ length: i + 1 }, (_, k) => `${task} sentence ${k} of a secret prompt.`).join(' '),
  }))
  const scores = prompts.map((_, i) => Array.from({ length: 20 }, (_, e) => ((e * 7) % 20 < 3 + i ? 1 : 0)).join(''))
  const table = { format: 'table/1', task, model: 'none', examples: 20, prompts, scores }
  writeFileSync(join(folder, name), JSON.stringify(table))
}

describe('krige learn', { timeout: 180_000 }, () => {
  it('learns from a study and recorded tables, and a run starts from it, resumes, and refuses another', async () => {
    writeTable('sums.json', 'sums')
    writeTable('dates.json', 'dates')
    expect((await krige(folder, 'run', 'task.yaml')).code).toBe(0)
    const learned = await krige(folder, 'learn', 'tickets', 'table:sums.json', 'dates.json', '--out', 'prior.json')
    expect([learned.code, learned.stderr]).toEqual([0, expect.stringContaining('Learned from 3 histories of 3 tasks')])
    expect(learned.stdout).toMatch(/dates +12 +\d\.\d\d +-?\d+% +(helped|misled)/)
    const text = readFileSync(join(folder, 'prior.json'), 'utf8')
    expect(text).not.toContain('secret')
    const prior = JSON.parse(text)
    expect(prior.tasks.map(({ task }: { task: string }) => task)).toEqual(['sums', 'dates', 'tickets'])

    const warm = await krige(folder, 'run', 'task.yaml', '--study', 'warm', '--prior', 'prior.json', '--json')
    expect([warm.code, warm.stderr]).toEqual([0, expect.any(String)])
    const [created] = (await krige(folder, 'export', 'warm', '--format', 'jsonl')).stdout.split('\n')
    expect(JSON.parse(created!).config.prior).toEqual(prior)
    // What it began with is in the log: the file is not asked for again.
    const tables = await krige(folder, 'run', 'task.yaml', '--dry-run', '--warm-start', 'table:sums.json')
    expect([tables.code, tables.stderr], 'tables are named as for learn').toEqual([0, ''])
    const more = await krige(folder, 'run', 'task.yaml', '--study', 'warm', '--evaluations', '320')
    expect(more.code).toBe(0)
    writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...prior, trust: 0.125 }))
    const other = await krige(folder, 'run', 'task.yaml', '--study', 'warm', '--prior', 'other.json')
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('was started with another prior')])
    const late = await krige(folder, 'run', 'task.yaml', '--prior', 'prior.json')
    expect(late.stderr).toContain('was started with no prior')
  })

  it('says what is wrong with exit code 2', async () => {
    writeFileSync(join(folder, 'old.json'), '{"format":"prior/0"}')
    writeFileSync(join(folder, 'text.json'), 'no JSON')
    writeFileSync(
      join(folder, 'keyed.yaml'),
      `${readFileSync(join(folder, 'task.yaml'), 'utf8').trim().slice(0, -1)}, "prior": "old.json"}`,
    )
    const refused = async (args: readonly string[], message: RegExp) => {
      const { code, stdout, stderr } = await krige(folder, ...args)
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)])
    }
    await refused(
      ['run', 'task.yaml', '--study', 'x', '--prior', 'old.json'],
      /prior\/0.*expected "prior\/1"\s.*krige learn/s,
    )
    await refused(['run', 'task.yaml', '--study', 'x', '--prior', 'text.json'], /text\.json is no prior/)
    await refused(['run', 'task.yaml', '--study', 'x', '--prior', 'none.json'], /there is no prior none\.json/)
    await refused(['run', 'keyed.yaml', '--study', 'x'], /old\.json.*prior\/0/)
    await refused(['learn', 'nothing', '--out', 'p.json', '--store', 'none.db'], /there is no store at none\.db/)
    await refused(['learn', 'table:none', '--out', 'p.json'], /no such file or directory/)
    await refused(['learn', 'table:sums.json', '--out', 'nowhere/p.json'], /folder nowhere does not exist/)
    await refused(['learn', 'table:sums.json'], /--out/)
  })
})
