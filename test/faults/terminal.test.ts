import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answer, type FaultServer, startFaultServer, status } from '../support/fault-server.ts'
import { krige, startKrige, taskFolder } from '../support/krige-cli.ts'

/** Title, clear screen, link, 8-bit CSI, carriage return over the line, and right-to-left override. */
const HOSTILE = '\u001b]0;PWNED\u0007\u001b[2J\u001b]8;;http://evil\u0007x\u009b2J\u0008\u007f\rover\u202egnp'
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not get out
const STEERING = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/

let server: FaultServer
const folders: string[] = []
beforeAll(async () => {
  server = await startFaultServer()
})
afterAll(async () => {
  await server.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const TASK = { prompts: 3, search: 10, holdout: 6, budget: { evaluations: 24 } }

function hostileTask(changes: object = {}): string {
  const prompts = Array.from({ length: 3 }, (_, index) => ({
    id: `p${index}${HOSTILE}`,
    slots: { instruction: `Instruction ${index} of 3. ${HOSTILE}` },
  }))
  const folder = taskFolder(server.model, TASK, {
    name: `n${HOSTILE}`,
    prompts,
    baseline: { id: prompts[0]!.id },
    ...changes,
  })
  folders.push(folder)
  return folder
}

describe('control sequences of servers, prompts, ids and names', { timeout: 120_000 }, () => {
  it.each([
    ['401', status(401, HOSTILE)],
    ['400', status(400, JSON.stringify({ error: { message: HOSTILE } }))],
    ['500', status(500, HOSTILE)],
    ['a page', status(200, `<html>${HOSTILE}`)],
    ['an answer', answer(`bug ${HOSTILE}`)],
  ])('reach no terminal: %s', async (which, behavior) => {
    server.script = [behavior]
    const folder = hostileTask()
    const run = startKrige(folder, ['run', 'task.yaml', '--no-cache'])
    const { stdout, stderr } = await run.done
    expect(stdout).not.toMatch(STEERING)
    expect(stderr).not.toMatch(STEERING)
    if (which !== '401') return
    for (const command of [
      ['doctor', `n${HOSTILE}`],
      ['report', `n${HOSTILE}`],
      ['export', `no${HOSTILE}`],
      ['run', HOSTILE],
      [HOSTILE],
    ]) {
      const result = await krige(folder, ...command)
      expect(result.stdout + result.stderr, command[0]).not.toMatch(STEERING)
    }
  })

  it('reach no terminal from what is said of a finished study', async () => {
    server.script = [answer(`bug ${HOSTILE}`)]
    const folder = hostileTask()
    const run = await krige(folder, 'run', 'task.yaml', '--no-cache')
    expect(run.stdout + run.stderr).not.toMatch(STEERING)
    const study = `n${HOSTILE}`
    for (const command of [
      ['answers', study],
      ['answers', study, '--prompt', `p1${HOSTILE}`],
      ['answers', study, '--prompt', `no${HOSTILE}`],
      ['studies'],
      ['diff', study, study],
      ['diff', study, `no${HOSTILE}`],
      ['report', study, '--terminal'],
      ['report', study, '--format', 'md', '--out', '-'],
      ['completion', HOSTILE],
      ['delete', `no${HOSTILE}`],
      ['delete', study],
    ]) {
      const result = await krige(folder, ...command)
      expect(result.stdout + result.stderr, command.slice(0, 1).join(' ')).not.toMatch(STEERING)
    }
  })

  it('stay what they are in data: JSON holds the same value, an export the same bytes', async () => {
    server.script = [answer('bug')]
    const folder = hostileTask()
    const { stdout, code, stderr } = await krige(folder, 'run', 'task.yaml', '--no-cache', '--json')
    expect(code, stderr).toBe(0)
    expect(stdout).not.toMatch(STEERING)
    expect(JSON.parse(stdout).winner.text).toContain(HOSTILE)
    expect((await krige(folder, 'export', `n${HOSTILE}`, '--format', 'prompt')).stdout).toContain(HOSTILE)
    const exported = await krige(folder, 'export', `n${HOSTILE}`)
    expect(exported.stdout).toContain(JSON.stringify(HOSTILE).slice(1, -1))
  })
})

describe('files', { timeout: 120_000 }, () => {
  const finished = async () => {
    server.script = [answer('bug')]
    const folder = taskFolder(server.model, TASK)
    folders.push(folder)
    const run = await krige(folder, 'run', 'task.yaml', '--no-cache')
    expect(run.code, run.stderr).toBe(0)
    return folder
  }

  it('of an earlier export or report survive what goes wrong', async () => {
    const folder = await finished()
    writeFileSync(join(folder, 'good.jsonl'), 'earlier')
    expect((await krige(folder, 'export', 'no-such', '--out', 'good.jsonl')).code).toBe(2)
    expect(readFileSync(join(folder, 'good.jsonl'), 'utf8')).toBe('earlier')
    for (const place of ['no/such/folder.jsonl', '.krige', 'task.yaml/x']) {
      for (const command of ['export', 'report']) {
        const result = await krige(folder, command, 'tickets', '--out', place)
        if (command === 'report' && place.startsWith('no/')) continue
        expect(result.code, `${command} ${place}: ${result.stderr}`).toBe(2)
        expect(result.stderr).toContain(place)
        expect(result.stderr).not.toMatch(/ENOENT|EISDIR|ENOTDIR|at async/)
      }
    }
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([])
    expect((await krige(folder, 'export', 'tickets', '--out', 'good.jsonl')).code).toBe(0)
    expect(readFileSync(join(folder, 'good.jsonl'), 'utf8')).toBe((await krige(folder, 'export', 'tickets')).stdout)
  })

  it('of reports are one per study, whatever the studies are called', async () => {
    const folder = await finished()
    // More of them: test/cli/report-file.test.ts.
    const names = ['a b', 'a-b', '../x', 'x'.repeat(300)]
    const places = new Set<string>()
    for (const name of names) {
      const run = await krige(folder, 'run', 'task.yaml', '--no-cache', '--json', '--study', name)
      expect(run.code, run.stderr).toBe(0)
      const { report } = JSON.parse(run.stdout)
      expect(readFileSync(report, 'utf8')).toContain('<html')
      expect(resolve(report, '..')).toBe(join(folder, '.krige'))
      places.add(report)
    }
    expect(places.size).toBe(names.length)
    expect((await krige(folder, 'delete', 'a b')).code).toBe(0)
    expect(
      [...places].filter((place) => !readdirSync(join(folder, '.krige')).includes(place.split('/').at(-1)!)),
    ).toHaveLength(1)
  })

  it('read by a program that has enough are no error', async () => {
    const folder = await finished()
    const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
    for (const command of [`export tickets`, `export tickets --format csv`, 'doctor tickets', '--help']) {
      const child = spawn('sh', ['-c', `"${process.execPath}" "${main}" ${command} | head -c 1; echo`], { cwd: folder })
      let said = ''
      child.stderr.on('data', (piece) => {
        said += piece
      })
      await new Promise((settle) => child.on('close', settle))
      expect(said, command).toBe('')
    }
  })

  it('need a store with a name: nothing is paid for that nobody keeps', async () => {
    server.script = [answer('bug')]
    const folder = taskFolder(server.model, TASK)
    folders.push(folder)
    mkdirSync(join(folder, 'cache'), { recursive: true })
    const before = server.requests.length
    for (const environment of [{ KRIGE_STORE: '' }, { KRIGE_STORE: ' ' }, { KRIGE_STORE: 'sqlite:' }]) {
      const result = await startKrige(folder, ['run', 'task.yaml'], environment).done
      expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('which names no file')])
    }
    expect((await krige(folder, 'run', 'task.yaml', '--store', '')).code).toBe(2)
    expect(server.requests.length).toBe(before)
  })
})
