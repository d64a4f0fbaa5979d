import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeSpace } from '../../src/space/encoding.ts'
import { defineSpace } from '../../src/space/parameter.ts'

const space = defineSpace({
  rate: { float: [1e-12, 1], log: true },
  temperature: { float: [0, 2], step: 0.25 },
  shots: { int: [0, 8], step: 2 },
  width: { int: [1, 1024], log: true },
  style: { categorical: ['terse', 'formal', null, true] },
  tone: { categorical: ['a', 'b'], when: { parameter: 'style', in: ['formal', true] } },
  warmth: { float: [-1, 1], when: { parameter: 'tone', in: ['b'] } },
  fixed: { int: [3, 3] },
})
const encoding = encodeSpace(space)
const cube = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 })

describe('encodeSpace', () => {
  it('decodes to points of the space, and encodes them back', () => {
    fc.assert(
      fc.property(cube, (u) => {
        const x = encoding.fromUniform(u)
        const values = encoding.decode(x)
        expect(Array.from(encoding.encode(values))).toEqual(Array.from(encoding.snap(x)))
        expect(encoding.decode(encoding.encode(values))).toEqual(values)
        expect(Array.from(encoding.snap(encoding.snap(x)))).toEqual(Array.from(encoding.snap(x)))
        expect('tone' in values).toBe(values['style'] === 'formal' || values['style'] === true)
        expect('warmth' in values).toBe(values['tone'] === 'b')
        expect([0, 2, 4, 6, 8]).toContain(values['shots'])
        expect(Number(values['temperature']) % 0.25).toBe(0)
        expect(Number.isInteger(values['width'])).toBe(true)
        expect(values['fixed']).toBe(3)
      }),
    )
  })

  it('snaps to the same points where nothing has a condition', () => {
    const { rate, temperature, shots, width, style, fixed } = space
    const free = encodeSpace({
      rate: rate!,
      temperature: temperature!,
      shots: shots!,
      width: width!,
      style: style!,
      fixed: fixed!,
    })
    fc.assert(
      fc.property(cube, (u) => {
        const x = free.fromUniform(u)
        expect(Array.from(free.snap(x))).toEqual(Array.from(free.encode(free.decode(x))))
        expect(free.active(x)).toEqual(new Array(6).fill(true))
      }),
    )
  })

  it('puts parameters whose condition does not hold in the middle', () => {
    const x = encoding.encode({ ...encoding.decode(encoding.fromUniform(new Array(8).fill(0))), style: 'terse' })
    expect(x[5]).toBe(0)
    expect(x[6]).toBe(0.5)
    expect(encoding.active(x)).toEqual([true, true, true, true, true, false, false, true])
  })

  it('reaches every level of a discrete parameter alike', () => {
    const counts = new Map<unknown, number>()
    for (let i = 0; i < 1000; i++) {
      const u = new Array(8).fill((i + 0.5) / 1000)
      const { shots } = encoding.decode(encoding.fromUniform(u))
      counts.set(shots, (counts.get(shots) ?? 0) + 1)
    }
    expect([...counts.values()]).toEqual([200, 200, 200, 200, 200])
  })

  it('spreads a logarithmic range evenly', () => {
    const one = encodeSpace(defineSpace({ rate: { float: [1e-12, 1], log: true } }))
    expect(one.encode({ rate: 1e-6 })[0]).toBeCloseTo(0.5, 12)
    expect(one.decode([0.25])['rate']).toBeCloseTo(1e-9, 15)
    expect(one.decode([1])['rate']).toBe(1)
  })

  it('knows how many points there are', () => {
    expect(encoding.size).toBe(Number.POSITIVE_INFINITY)
    expect(encodeSpace(defineSpace({ a: { int: [0, 2] }, b: { categorical: [1, 2] } })).size).toBe(6)
    expect(encodeSpace(defineSpace({ a: { float: [0, 1], step: 0.1 } })).size).toBe(11)
    expect(encoding.categorical).toEqual([4, 5])
  })

  it('refuses values outside, with name and value', () => {
    const values = encoding.decode(encoding.fromUniform(new Array(8).fill(0)))
    expect(() => encoding.encode({ ...values, rate: 2 })).toThrow(
      'parameter rate is 2; expected a number from 1e-12 to 1',
    )
    expect(() => encoding.encode({ ...values, style: 'rude' })).toThrow('parameter style is "rude"; expected one of')
  })
})
