import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STUDY_POLICIES } from '../../src/policy/registry.ts'
import { openStore } from '../../src/store/open-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { krige } from '../support/krige-here.ts'

describe('the command line', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'krige-program-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    for (const flag of ['--version', '-v']) {
      expect(await krige(folder, flag)).toMatchObject({ code: 0, stdout: `${version}\n` })
    }
  })

  it('shows the pages of the documentation and the help of commands', async () => {
    expect((await krige(folder, 'help', 'task-file')).stdout).toContain('```yaml')
    expect((await krige(folder, 'help', 'run')).stdout).toContain('Usage: krige run')
    expect((await krige(folder, 'help')).stdout).toContain('how-much-data')
    const unknown = await krige(folder, 'help', 'taks-file')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('there is no help on taks-file')
    expect(unknown.stderr).toContain('task-file')
  })

  it('names every policy in the help of run', async () => {
    const help = (await krige(folder, 'run', '--help')).stdout.replaceAll(/\s+/g, ' ')
    expect(help).toContain(STUDY_POLICIES.map(({ name }) => name).join(', '))
  })

  it.each(['run', 'export', 'report', 'studies', 'answers'])(
    'says in the help of %s what --store may be',
    async (name) => {
      const help = (await krige(folder, name, '--help')).stdout.replaceAll(/\s+/g, ' ')
      expect(help).toContain(
        'a file, sqlite:FILE, postgres://… or memory: (default: KRIGE_STORE, else .krige/studies.db)',
      )
    },
  )

  it.each([
    [['serve', '--port', '65536'], '--port is "65536"; expected an integer from 0 to 65535'],
    [['mcp', '--port', '99999'], '--port is "99999"; expected an integer from 0 to 65535'],
    [['run', 'nosuch.yaml'], 'task nosuch.yaml does not exist\n  Check the name, and the folder you are in.'],
    [['import', 'promptfoo', 'nosuch.yaml'], 'does not exist\n  Check the name, and the folder you are in.'],
    [['init', '--from', 'nosuch.csv', '--prompt', 'x'], 'does not exist\n  Check the name, and the folder you are in.'],
    // A remedy is no secret, whatever it looks like.
    [['worker'], 'Use --store postgres://…, the same as'],
    [['serve', '--token-file', 'nosuch'], 'nosuch: no such file or folder\n  Check the path.'],
    [['studies', '--store', '.'], '.: is a folder; expected a file\n  Name a file for studies.'],
  ])('refuses %j with what helps', async (words, message) => {
    expect(await krige(folder, ...words)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })

  it('lists the stored studies', async () => {
    const none = await krige(folder, 'studies')
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('there is no store at')

    const file = join(folder, 'studies.db')
    const store = await openStore(file)
    const study = createStudy({
      pool: [{ id: 'a', text: 'A' }],
      exampleCount: 4,
      budget: { evaluations: 4 },
      policy: 'random',
    })
    const asked = study.ask()
    if (asked.kind === 'evaluate')
      study.tell(
        asked.id,
        asked.examples.map(() => 1),
      )
    const lease = await store.acquire('first')
    await lease.append(study.drain())
    await lease.release()
    await (await store.acquire('empty')).release()
    await store.close()

    const { stdout } = await krige(folder, 'studies', '--store', file, '--json')
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toMatchObject([
      { study: 'first', state: 'open', policy: 'random', prompts: 1, evaluations: 4, calls: 0 },
      { study: 'empty', state: 'open' },
    ])
    expect((await krige(folder, 'studies', '--store', file)).stdout).toMatch(/^study +started \(UTC\) +verdict/)
  })

  it('reports on a study in every format, and compares two', async () => {
    const file = join(folder, 'reported.db')
    const store = await openStore(file)
    for (const name of ['one', 'two']) {
      const study = createStudy({ name, pool: [{ id: name, text: `Say ${name}.` }], exampleCount: 2, policy: 'random' })
      const asked = study.ask()
      if (asked.kind === 'evaluate') study.tell(asked.id, Array(asked.examples.length).fill(1))
      const lease = await store.acquire(name)
      await lease.append(study.drain())
      await lease.release()
    }
    await store.close()
    const report = async (...flags: string[]) =>
      (await krige(folder, 'report', 'one', '--store', file, ...flags)).stdout
    expect(JSON.parse(await report('--format', 'json'))).toMatchObject({ study: 'one', verdict: 'unfinished' })
    expect(JSON.parse(await report('--format', 'jsonl'))).toMatchObject({ rank: 1, id: 'one', text: 'Say one.' })
    expect(await report('--format', 'csv')).toMatch(/^id,text,/)
    expect(await report('--format', 'md')).toMatch(/^# one\n/)
    expect(await report('--terminal')).toMatch(/^one: unfinished/)
    expect(readFileSync((await report('--out', join(folder, 'one.html'))).trim(), 'utf8')).toContain('<!doctype html>')
    const { stdout } = await krige(folder, 'diff', 'one', 'two', '--store', file)
    expect(stdout).toMatch(/^one: unfinished; no winner yet; .*\ntwo: unfinished/)
    const missing = await krige(folder, 'diff', 'one', 'three', '--store', file)
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('three') })
    expect((await krige(folder, 'report', 'one', '--store', file, '--format', 'pdf')).code).toBe(2)
  })
})
