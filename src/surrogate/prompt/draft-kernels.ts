/**
 * What drafts are compared by: a set of unit-variance kernels over texts, each between every pair of prompts.
 *
 * Notation: d²_v squared distance of view v, s_v its median over the basis; M Matérn-5/2 of length scale 1. A view gives
 * M(d²/s), and where vectors have unit norm 1 − d²/2, their inner product, too: the first sees parents, the second trends.
 * Instruction and demonstrations are embedded apart, one view per slot; without an embedder, slots are compared by n-grams.
 *
 * Statistics (idf, medians, standard deviations) are those of a basis, so prompts that come later change nothing. A prompt
 * that a view does not apply to is unlike every other one in it.
 *
 * @module
 */
import { vectorDistances } from '../../features/embedding-view.ts'
import { nGramDistances } from '../../features/n-gram-view.ts'
import { surfaceDistances } from '../../features/surface-view.ts'
import { characterNGrams, type TokenCounts } from '../../features/tokens.ts'
import type { DistancesFrom } from '../../features/view.ts'
import { candidateText, type PoolEntry } from '../../prompt/candidate.ts'
import { correlationAt } from './text-covariance.ts'

/** Slots that are compared apart; of more, the first in their order. */
const MOST_SLOTS = 8

interface DraftView {
  readonly name: string
  readonly distances: DistancesFrom
  /** Whether its vectors have unit norm, so that an inner product makes sense. */
  readonly unit: boolean
}

export interface DraftKernels {
  /** Names of the kernels, in order. */
  readonly names: readonly string[]
  /** Correlations of an entry with others by kernel: `names.length × to.length`, row-major. */
  correlations(from: PoolEntry, to: readonly PoolEntry[]): Float64Array
}

/** @param basis Prompts whose statistics count; at least one. */
export function createDraftKernels(basis: readonly PoolEntry[]): DraftKernels {
  const views = viewsOf(basis).flatMap((view) => {
    const scale = medianDistance(view.distances, basis)
    return scale === undefined ? [] : [{ ...view, scale }]
  })
  const kernels = views.flatMap((view) =>
    view.unit
      ? [
          { view, linear: false },
          { view, linear: true },
        ]
      : [{ view, linear: false }],
  )
  return {
    names: kernels.map(({ view, linear }) => `${view.name}${linear ? ' (linear)' : ''}`),
    correlations(from, to) {
      const out = new Float64Array(kernels.length * to.length)
      let last: DraftView | undefined
      let squared = new Float64Array(0)
      kernels.forEach(({ view, linear }, k) => {
        if (view !== last) squared = new Float64Array(view.distances(from, to))
        last = view
        for (let j = 0; j < to.length; j++) {
          const d = squared[j]!
          out[k * to.length + j] = Number.isNaN(d)
            ? to[j] === from
              ? 1
              : 0
            : linear
              ? 1 - d / 2
              : correlationAt(d, view.scale)
        }
      })
      return out
    },
  }
}

function viewsOf(basis: readonly PoolEntry[]): DraftView[] {
  const slots = slotsThatVary(basis)
  const embedded = basis.some(({ embedding }) => embedding !== undefined)
  const text = (entry: PoolEntry) => candidateText(entry.candidate)
  return [
    characterView('characters', basis, text),
    ...(embedded ? [embeddingView('embedding', ({ embedding }) => embedding)] : []),
    ...slots.map((slot) =>
      basis.some((entry) => entry.slotEmbeddings?.[slot])
        ? embeddingView(`embedding of ${slot}`, (entry) => entry.slotEmbeddings?.[slot])
        : characterView(`characters of ${slot}`, basis, (entry) => entry.candidate.slots?.[slot]),
    ),
    { name: 'surface', unit: false, distances: surfaceDistances(basis) },
  ]
}

/** A slot that is the whole prompt would be compared twice. */
function slotsThatVary(basis: readonly PoolEntry[]): string[] {
  const names = [...new Set(basis.flatMap(({ candidate }) => Object.keys(candidate.slots ?? {})))]
  const varying = names.filter((name) => new Set(basis.map(({ candidate }) => candidate.slots?.[name])).size > 1)
  return varying.length > 1 ? varying.slice(0, MOST_SLOTS) : []
}

function characterView(
  name: string,
  basis: readonly PoolEntry[],
  textOf: (entry: PoolEntry) => string | undefined,
): DraftView {
  // Not kept: their vectors are, which are far smaller.
  const counts = (entry: PoolEntry): TokenCounts | undefined => {
    const text = textOf(entry)
    return text === undefined ? undefined : characterNGrams(text, 2, 4)
  }
  return { name, unit: true, distances: nGramDistances(basis, counts) }
}

function embeddingView(name: string, vectorOf: (entry: PoolEntry) => Float64Array | undefined): DraftView {
  return { name, unit: true, distances: vectorDistances(vectorOf) }
}

/** Over pairs of different prompts, those alike left out where they are most; `undefined` where all are alike. */
function medianDistance(distances: DistancesFrom, basis: readonly PoolEntry[]): number | undefined {
  const values: number[] = []
  basis.forEach((entry, i) => {
    for (const d of distances(entry, basis.slice(0, i))) if (!Number.isNaN(d)) values.push(d)
  })
  values.sort((a, b) => a - b)
  const median = values[values.length >> 1] ?? 0
  if (median > 1e-9) return median
  const positive = values.filter((value) => value > 1e-9)
  return positive.length > 0 ? positive.reduce((sum, value) => sum + value, 0) / positive.length : undefined
}
