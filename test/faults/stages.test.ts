import { rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { startChatServer } from '../support/chat-server.ts'
import { krige, startKrige, taskFolder } from '../support/krige-cli.ts'

const PROMPTS = 4

/** One cell at a time: what is in flight when it is killed is a call of the second stage. */
const RUN = ['run', 'task.yaml', '--policy', 'successive-halving', '--concurrency', '1']

/** Every prompt of the first stage with every other one of the second. */
const STAGES = {
  template: undefined,
  baseline: undefined,
  stages: {
    read: { template: 'Read. {{prompt}}\nTicket: {{input}}' },
    label: { template: '{{prompt}}\nRead as: {{read}}\nTicket: {{input}}\nLabel:' },
  },
  prompts: Array.from({ length: PROMPTS }, (_, k) => ({
    id: `p${k}`,
    slots: { read: 'Read it.', label: `Instruction ${k} of ${PROMPTS}.` },
  })),
}

it('a run that is killed in the middle of its second stage pays for nothing twice', { timeout: 120_000 }, async () => {
  const server = await startChatServer()
  const options = { search: 12, holdout: 8, budget: { evaluations: 60, calls: 400 } }
  const folder = taskFolder(server.model, options, STAGES)
  try {
    let held = 0
    const hold = new Promise<void>((resolve) => {
      server.fault = (_, __, index) => {
        if (!server.requests[index]!.includes('Read as:')) return false
        // Some of the second stage are answered, the next ones never.
        if (held++ < 10) return false
        resolve()
        return true
      }
    })
    const { child, done } = startKrige(folder, RUN)
    await hold
    child.kill('SIGKILL')
    await done
    server.fault = undefined
    const before = server.requests.length
    const answered = server.requests.slice(0, before)
    const { code, stdout, stderr } = await krige(folder, ...RUN, '--json')
    expect(code, stderr).toBe(0)
    const firstStage = server.requests.filter((request) => request.startsWith('Read.'))
    expect(firstStage.length).toBeGreaterThan(5)
    expect(new Set(firstStage).size).toBe(firstStage.length)
    const again = server.requests.slice(before).filter((request) => answered.includes(request))
    // Only what was never answered is sent once more.
    expect(again).toHaveLength(1)
    const result = JSON.parse(stdout)
    expect(result.savedCalls).toBeGreaterThan(20)
    // The one in flight is charged, too.
    expect(result.spent.calls).toBe(server.requests.length)
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
