import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { writeWhole } from '../../src/store/whole-file.ts'
import type { StudyEvent } from '../../src/study/events.ts'

/** A disk of 200 KB, where this machine lets us have one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'krige-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', folder]).status === 0
  if (mounted) return folder
  rmSync(folder, { recursive: true, force: true })
  return undefined
}

const disk = process.platform === 'linux' && process.getuid?.() === 0 ? smallDisk() : undefined

describe.skipIf(disk === undefined)('a full disk', () => {
  it('is said, also on the second and third try, keeps what was stored, and leaves no half files', async () => {
    const folder = disk!
    const file = join(folder, 'studies.db')
    const event = (index: number): StudyEvent => ({
      v: 1,
      type: 'candidates',
      candidates: [{ id: String(index), text: 'x'.repeat(3000) }],
    })
    try {
      let kept = 0
      for (let round = 0; round < 3; round++) {
        const attempt = async () => {
          const store = openSqliteStore(file)
          try {
            const lease = await store.acquire(`study ${round}`)
            for (let index = 0; index < 100; index++) {
              await lease.append([event(index)])
              if (round === 0) kept++
            }
          } finally {
            await store.close()
          }
        }
        await expect(attempt()).rejects.toMatchObject({ code: 'unavailable', message: 'the disk is full' })
      }
      expect(kept).toBeGreaterThan(5)
      expect(() => writeWhole(join(folder, 'report.html'), 'x'.repeat(1_000_000))).toThrow('ENOSPC')
      expect(readdirSync(folder).filter((name) => !name.startsWith('studies.db'))).toEqual([])
      const store = openSqliteStore(file, { readOnly: true })
      let read = 0
      for await (const batches of store.read('study 0')) read += batches.length
      await store.close()
      expect(read).toBe(kept)
      expect(() => writeFileSync(join(folder, 'x'), 'x'.repeat(1_000_000))).toThrow('ENOSPC')
    } finally {
      spawnSync('umount', [folder])
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
