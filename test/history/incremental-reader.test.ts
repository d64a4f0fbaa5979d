import { expect, it } from 'vitest'
import { incrementalReader } from '../../src/history/incremental-reader.ts'

function reading(identity?: (log: readonly string[]) => unknown) {
  const seen: string[] = []
  const read = incrementalReader<readonly string[]>({
    add: (log, index) => seen.push(log[index]!),
    forget: () => seen.push('forget'),
    ...(identity ? { identity } : {}),
  })
  return { read, seen }
}

it('reads only what is new', () => {
  const { read, seen } = reading()
  const log = ['a', 'b']
  expect([read(log), read(log)]).toEqual([false, true])
  log.push('c')
  expect(read(log)).toBe(true)
  expect(seen).toEqual(['a', 'b', 'c'])
})

it('forgets what it read, once, when another log comes, or a shorter one', () => {
  const { read, seen } = reading()
  const log = ['a', 'b']
  read(log)
  expect(read(['x'])).toBe(false)
  log.pop()
  read(log)
  log.length = 0
  expect(read(log)).toBe(false)
  expect(seen).toEqual(['a', 'b', 'forget', 'x', 'forget', 'a', 'forget'])
})

it('takes logs for the same by what they are told to be known by', () => {
  const { read, seen } = reading(([first]) => first)
  read([])
  read(['a'])
  expect(read(['a', 'b'])).toBe(true)
  expect(read(['b', 'b'])).toBe(false)
  expect(seen).toEqual(['a', 'b', 'forget', 'b', 'b'])
})
