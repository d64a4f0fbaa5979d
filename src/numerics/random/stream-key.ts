/**
 * 128-bit keys of random streams: a small mixing hash, so that nearby seeds and labels give unrelated streams.
 *
 * @module
 */

/** Four signed 32-bit words, never all zero (the engine's one forbidden state). */
export type StreamKey = readonly [number, number, number, number]

const ROOT: StreamKey = [0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344]

/** The key of a seed. */
export function keyFromSeed(seed: number | string): StreamKey {
  return deriveKey(ROOT, seed)
}

/** The key of a child: depends on every bit of the parent's key and of the label, and on the label's type. */
export function deriveKey(parent: StreamKey, label: string | number): StreamKey {
  let [a, b, c, d] = parent
  const absorb = (word: number) => {
    a = rotate(Math.imul(a ^ word, 0x9e3779b1), 15) + b
    b = rotate(Math.imul(b ^ a, 0x85ebca77), 13) + c
    c = rotate(Math.imul(c ^ b, 0xc2b2ae3d), 17) + d
    d = rotate(Math.imul(d ^ c, 0x27d4eb2f), 11) + a
    // Sums leave the 32-bit range; the next imul would wrap them, but keys must be 32-bit words.
    a |= 0
    b |= 0
    c |= 0
    d |= 0
  }
  if (typeof label === 'number') {
    const words = new Uint32Array(Float64Array.of(label + 0).buffer)
    absorb(1)
    absorb(words[0]!)
    absorb(words[1]!)
  } else {
    absorb(2)
    for (let index = 0; index < label.length; index++) absorb(label.charCodeAt(index))
    absorb(label.length)
  }
  for (let round = 0; round < 4; round++) absorb(0x165667b1 + round)
  return (a | b | c | d) === 0 ? ROOT : [a, b, c, d]
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/**
 * A 32-bit hash of two words, good enough for one pseudo-random bit a node of a tree.
 *
 * Source: the "lowbias32" finalizer found by C. Wellons' hash prospector.
 */
export function hashWords(seed: number, word: number): number {
  let hash = seed ^ Math.imul(word, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return hash ^ (hash >>> 16)
}
