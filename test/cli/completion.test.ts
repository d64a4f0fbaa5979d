import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { openStore } from '../../src/store/open-store.ts'
import { createStudy } from '../../src/study/create-study.ts'
import { krige } from '../support/krige-here.ts'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')

describe('completion in the shell', () => {
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'krige-completion-'))
    const store = await openStore(join(folder, '.krige/studies.db'))
    for (const name of ['tickets', 'two words']) {
      const lease = await store.acquire(name)
      await lease.append(createStudy({ pool: ['a', 'b'] }).drain())
      await lease.release()
    }
    await store.close()
    writeFileSync(join(folder, 'task.yaml'), '')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const offered = async (...words: string[]) =>
    (await krige(folder, 'complete', '--', ...words)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')[0])

  it('offers commands, options, choices, policies and studies', async () => {
    expect(await offered('re')).toEqual(['report'])
    expect(await offered('bench', '')).toEqual(expect.arrayContaining(['record', 'tables', 'compare']))
    expect(await offered('run', 'task.yaml', '--pol')).toEqual(['--policy', '--policy-options'])
    expect(await offered('run', '--policy', 's')).toEqual(['sobol', 'successive-halving'])
    expect(await offered('run', '--policy', 'gp', '--dry')).toEqual(['--dry-run'])
    expect(await offered('export', 'tickets', '--format', '')).toContain('promptfoo')
    expect(await offered('report', '')).toEqual(['tickets', 'two words'])
    expect(await offered('diff', 'tickets', 't')).toEqual(['tickets', 'two words'])
    expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('leaves files to the shell', async () => {
    expect(await offered('run', '')).toEqual([])
    expect(await offered('run', 'task.yaml', '--report', 'x')).toEqual([])
    expect(await offered('report', 'tickets', '')).toEqual([])
  })

  it('works in bash, and evaluates nothing that stands on the line', async () => {
    const script = `
      krige() { '${process.execPath}' '${MAIN}' "$@"; }
      source <(krige completion bash)
      offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _krige; printf '<%s>' "\${COMPREPLY[@]}"; echo; }
      offer krige run --dry
      offer krige report two
      offer krige report '$(touch evil)' ''`
    const lines = execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).trimEnd().split('\n')
    expect(lines).toEqual(['<--dry-run>', '<two\\ words>', '<>'])
    expect(() => execFileSync('ls', [join(folder, 'evil')], { stdio: 'ignore' })).toThrow()
  })

  it('refuses a shell it has no script for', async () => {
    const { code, stderr } = await krige(folder, 'completion', 'tcsh')
    expect(code).toBe(2)
    expect(stderr).toContain('bash, zsh, fish')
  })
})

describe('the help', () => {
  const commands = (command: Command): Command[] => [command, ...command.commands.flatMap(commands)]

  it('shows an example of every command', () => {
    const without = commands(createProgram()).filter((command) => {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) })
      command.outputHelp()
      return !/^Examples:\n {2}\$ (?:npm run quickstart|.*krige )/m.test(help)
    })
    expect(without.map((command) => command.name())).toEqual([])
  })
})
