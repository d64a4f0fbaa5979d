import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDispatcher } from '../../src/engine/dispatcher.ts'

describe('createDispatcher', () => {
  it('gives what is oldest, each to one taker', () => {
    const dispatcher = createDispatcher<string, string>()
    for (const key of ['1', '2', '3']) dispatcher.want(key, `work ${key}`)
    expect([dispatcher.take('anna'), dispatcher.take('ben')]).toEqual(['work 1', 'work 2'])
    expect(dispatcher.inHand).toBe(2)
    expect(dispatcher.finish('1')).toBe('work 1')
    expect(dispatcher.inHand).toBe(1)
    expect([dispatcher.take('anna'), dispatcher.take('anna')]).toEqual(['work 3', undefined])
  })

  it('takes back what a lost taker had, and nothing of others', () => {
    const dispatcher = createDispatcher<string, string>()
    for (const key of ['1', '2']) dispatcher.want(key, `work ${key}`)
    dispatcher.take('anna')
    dispatcher.take('ben')
    expect(dispatcher.reclaim((taker) => taker === 'anna')).toEqual([{ work: 'work 1', taker: 'anna' }])
    expect(dispatcher.reclaim((taker) => taker === 'anna')).toEqual([])
    expect(dispatcher.take('cleo')).toBe('work 1')
  })

  it('knows who took what is wanted only later, and the last of several takers', () => {
    const dispatcher = createDispatcher<string, string>()
    dispatcher.noteTake('1', 'anna')
    dispatcher.want('1', 'work 1')
    expect(dispatcher.inHand).toBe(1)
    expect(dispatcher.take('ben')).toBeUndefined()
    dispatcher.noteTake('1', 'cleo')
    expect(dispatcher.reclaim((taker) => taker === 'anna')).toEqual([])
    expect(dispatcher.reclaim((taker) => taker === 'cleo')).toEqual([{ work: 'work 1', taker: 'cleo' }])
  })

  it('ends work that no one took, too', () => {
    const dispatcher = createDispatcher<string, string>()
    dispatcher.want('1', 'work 1')
    expect(dispatcher.finish('1')).toBe('work 1')
    expect(dispatcher.finish('1')).toBeUndefined()
    expect(dispatcher.take('anna')).toBeUndefined()
    expect(dispatcher.inHand).toBe(0)
  })

  it('loses nothing and gives nothing twice, whoever is lost', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('take' as const), taker: fc.nat(2) }),
      fc.record({ do: fc.constant('lose' as const), taker: fc.nat(2) }),
      fc.record({ do: fc.constant('finish' as const), taker: fc.nat(2) }),
    )
    fc.assert(
      fc.property(fc.nat(8), fc.array(step, { maxLength: 60 }), (count, steps) => {
        const dispatcher = createDispatcher<number, number>()
        for (let work = 0; work < count; work++) dispatcher.want(String(work), work)
        const hands = [new Set<number>(), new Set<number>(), new Set<number>()]
        let done = 0
        for (const { do: what, taker } of steps) {
          const hand = hands[taker]!
          if (what === 'take') {
            const work = dispatcher.take(taker)
            if (work === undefined) continue
            for (const other of hands) expect(other.has(work)).toBe(false)
            hand.add(work)
          } else if (what === 'lose') {
            expect(
              dispatcher
                .reclaim((one) => one === taker)
                .map(({ work }) => work)
                .sort(),
            ).toEqual([...hand].sort())
            hand.clear()
          } else {
            for (const work of hand) expect(dispatcher.finish(String(work))).toBe(work)
            done += hand.size
            hand.clear()
          }
          expect(dispatcher.inHand).toBe(hands.reduce((sum, { size }) => sum + size, 0))
        }
        while (dispatcher.take(0) !== undefined) {}
        expect(dispatcher.inHand).toBe(count - done)
      }),
    )
  })
})
