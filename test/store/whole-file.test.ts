import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { writeWhole, writeWholeFrom } from '../../src/store/whole-file.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'krige-whole-'))
  file = join(folder, 'out.txt')
  return () => rmSync(folder, { recursive: true, force: true })
})

async function* failing(): AsyncGenerator<string> {
  yield 'half of '
  throw new Error('no more')
}

describe('a file written whole', () => {
  it('replaces what was there, keeps its permissions and leaves nothing beside it', async () => {
    writeFileSync(file, 'before')
    chmodSync(file, 0o640)
    writeWhole(file, 'after')
    await writeWholeFrom(file, ['after', ' all'])
    expect(readFileSync(file, 'utf8')).toBe('after all')
    expect(statSync(file).mode & 0o777).toBe(0o640)
    await writeWholeFrom(file, [])
    expect(readFileSync(file, 'utf8')).toBe('')
    expect(readdirSync(folder)).toEqual(['out.txt'])
  })

  it('leaves the earlier file as it was when a piece cannot be had', async () => {
    writeFileSync(file, 'before')
    await expect(writeWholeFrom(file, failing())).rejects.toThrow('no more')
    expect(readFileSync(file, 'utf8')).toBe('before')
    expect(readdirSync(folder)).toEqual(['out.txt'])
    await expect(writeWholeFrom(join(folder, 'new.txt'), failing())).rejects.toThrow('no more')
    expect(readdirSync(folder)).toEqual(['out.txt'])
  })

  it('follows a link, and writes to a device', () => {
    symlinkSync(file, join(folder, 'link'))
    writeWhole(join(folder, 'link'), 'through')
    expect(readFileSync(file, 'utf8')).toBe('through')
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
    writeWhole('/dev/null', 'gone')
    expect(existsSync('/dev/null')).toBe(true)
  })

  it.each([
    ['no/such/folder.txt', 'its folder does not exist'],
    ['.', 'it is a folder'],
    ['file/inside', 'its folder is none'],
    [`${'x'.repeat(300)}`, 'its name is too long'],
  ])('says what is wrong with %s', (name, problem) => {
    writeFileSync(join(folder, 'file'), '')
    const place = join(folder, name)
    expect(() => writeWhole(place, 'x')).toThrow(`cannot write ${place}: ${problem}`)
  })

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full', () => {
    expect(() => writeWhole('/dev/full', 'x')).toThrow('cannot write /dev/full: ENOSPC')
  })

  it('is whole at every moment of 13 kills, and the next one takes the left-overs away', {
    timeout: 120_000,
  }, async () => {
    const module = join(import.meta.dirname, '../../src/store/whole-file.ts')
    const source = `
      import { writeWhole } from ${JSON.stringify(module)}
      for (let round = 0; ; round++) writeWhole(process.argv[1], String(round % 10).repeat(3_000_000))`
    writeFileSync(file, '-'.repeat(3_000_000))
    let leftOvers = 0
    for (let kill = 0; kill < 13; kill++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', source, file], { stdio: 'ignore' })
      const closed = new Promise((settle) => child.on('close', settle))
      const before = statSync(file).ino
      while (child.exitCode === null && statSync(file).ino === before)
        await new Promise((settle) => setTimeout(settle, 1))
      await new Promise((settle) => setTimeout(settle, kill))
      child.kill('SIGKILL')
      await closed
      const text = readFileSync(file, 'utf8')
      expect(text).toBe(text[0]!.repeat(3_000_000))
      leftOvers = Math.max(leftOvers, readdirSync(folder).length - 1)
    }
    expect(leftOvers).toBeLessThanOrEqual(1)
    writeWhole(file, 'done')
    expect(readdirSync(folder)).toEqual(['out.txt'])
    mkdirSync(join(folder, 'sub'))
  })
})
