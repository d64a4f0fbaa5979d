import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { type ChatServer, startChatServer } from '../support/chat-server.ts'
import { startKrige, taskFolder } from '../support/krige-cli.ts'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')
const isRoot = process.getuid?.() === 0
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) {
    chmodSync(join(folder, '.krige'), 0o755)
    rmSync(folder, { recursive: true, force: true })
  }
})

/** As somebody who may only read: permissions mean nothing to root, who becomes nobody. */
function asReader(folder: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
  })
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (piece) => {
    stdout += piece
  })
  child.stderr!.on('data', (piece) => {
    stderr += piece
  })
  return new Promise((settle) => child.on('close', (code) => settle({ code, stdout, stderr })))
}

async function killedRun(server: ChatServer): Promise<string> {
  server.delay = 3
  const folder = taskFolder(server.model, { prompts: 4, search: 20, holdout: 10, budget: { evaluations: 80 } })
  folders.push(folder)
  const running = startKrige(folder, ['run', 'task.yaml', '--no-cache'])
  while (server.requests.length < 30) await new Promise((settle) => setTimeout(settle, 2))
  running.child.kill('SIGKILL')
  await running.done
  return folder
}

describe('a store that may only be read', { timeout: 120_000 }, () => {
  it.skipIf(process.platform === 'win32').each([
    ['closed in order', [], false],
    ['with a write-ahead log and its index', ['-wal', '-shm'], true],
    ['with a write-ahead log alone', ['-wal'], true],
  ] as const)('%s: is exported, examined and reported, and nothing in it changes', async (_, suffixes, killed) => {
    const server = await startChatServer()
    try {
      const source = await killedRun(server)
      if (!killed) await startKrige(source, ['run', 'task.yaml', '--no-cache']).done
      const folder = mkdtempSync(join(tmpdir(), 'krige-read-'))
      folders.push(folder)
      const kept = join(folder, '.krige')
      for (const suffix of ['', ...suffixes]) {
        cpSync(join(source, '.krige', `studies.db${suffix}`), join(kept, `studies.db${suffix}`))
      }
      const before = readdirSync(kept)
      for (const file of before) chmodSync(join(kept, file), 0o444)
      chmodSync(kept, 0o555)
      chmodSync(folder, 0o777)
      const exported = await asReader(folder, 'export', 'tickets')
      expect(exported.code, exported.stderr).toBe(0)
      expect(exported.stdout.split('\n').length).toBeGreaterThan(40)
      expect(await asReader(folder, 'doctor', 'tickets')).toMatchObject({ code: 0 })
      expect(await asReader(folder, 'report', 'tickets', '--out', 'r.html')).toMatchObject({ code: 0, stderr: '' })
      expect(readdirSync(folder)).toContain('r.html')
      expect(readdirSync(kept)).toEqual(before)
    } finally {
      await server.close()
    }
  })
})

/** Whether this machine lets us make namespaces of process ids. */
const canSeparate = process.platform === 'linux' && spawnSync('unshare', ['-pf', 'true']).status === 0

describe('a writer in another namespace of process ids', () => {
  it.skipIf(!canSeparate)(
    'is not taken over while it lives, though nobody here sees it',
    { timeout: 60_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'krige-namespace-'))
      const file = join(folder, 'studies.db')
      const module = join(import.meta.dirname, '../../src/store/sqlite-store.ts')
      const source = `
      import { openSqliteStore } from ${JSON.stringify(module)}
      await openSqliteStore(process.argv[1]).acquire('a')
      console.log('held')
      setInterval(() => {}, 1000)`
      const node = [process.execPath, '--input-type=module', '-e', source, file]
      const holder = spawn('unshare', ['-pf', '--kill-child', ...node], { stdio: ['ignore', 'pipe', 'ignore'] })
      try {
        await new Promise((settle) => holder.stdout.once('data', settle))
        const store = openSqliteStore(file)
        await expect(store.acquire('a')).rejects.toThrow('is being written by process')
        await store.close()
      } finally {
        holder.kill('SIGKILL')
        rmSync(folder, { recursive: true, force: true })
      }
    },
  )
})
