import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const results = resolve(import.meta.dirname, '../../data/results')
const run = (script: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(results, `${script}.ts`), ...args], {
    encoding: 'utf8',
  })
  return [status, stdout, stderr]
}

describe('scripts behind the results', { timeout: 60_000 }, () => {
  it.each([['verdicts'], ['told-the-best'], ['parallel'], ['learned-prior'], ['language-model-picks']])(
    '%s says that its tables are missing, and ends with 2',
    (script) => {
      const expected = 'Give the path of a table/1 file (.json or .json.gz) or of a directory of them.\n'
      expect(run(script, 'missing')).toEqual([2, '', `${script}: missing: no such file or directory\n  ${expected}`])
      expect(run(script)).toEqual([2, '', `${script}: no table is given\n  ${expected}`])
    },
  )

  it('calibration, too', () => {
    expect(run('calibration', '1', 'missing').slice(0, 2)).toEqual([2, ''])
  })
})
