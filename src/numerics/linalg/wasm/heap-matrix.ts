/**
 * Matrices in the memory of a WASM backend.
 *
 * @module
 */
import { InvalidArgumentError } from '../../../errors.ts'
import { checkWindow } from '../check.ts'
import type { Matrix, Workspace } from '../matrix.ts'
import { createWorkspace } from '../workspace.ts'
import type { Heap } from './heap.ts'

/** The blocks of one workspace; matrices hold on to it, so that it lives as long as any of them. */
interface Lease {
  readonly heap: Heap
  readonly blocks: number[]
  open: boolean
}

/** Where a matrix of a heap stands. */
export class HeapMatrix implements Matrix {
  readonly rows: number
  readonly columns: number
  readonly stride: number
  /** Byte offset of element (0, 0). */
  readonly pointer: number
  readonly #lease: Lease
  #data: Float64Array
  #growths: number

  constructor(lease: Lease, pointer: number, rows: number, columns: number, stride: number) {
    this.rows = rows
    this.columns = columns
    this.stride = stride
    this.pointer = pointer
    this.#lease = lease
    this.#data = this.#window()
    this.#growths = lease.heap.growths
  }

  get data(): Float64Array {
    const { growths } = this.#lease.heap
    if (this.#growths !== growths) {
      this.#data = this.#window()
      this.#growths = growths
    }
    return this.#data
  }

  view(row: number, column: number, rows: number, columns: number): HeapMatrix {
    checkWindow(this, row, column, rows, columns)
    const pointer = this.pointer + (row * this.stride + column) * 8
    return new HeapMatrix(this.#lease, pointer, rows, columns, this.stride)
  }

  /** @throws InvalidArgumentError when the matrix lives elsewhere, or its workspace is disposed */
  static pointer(matrix: Matrix, heap: Heap): number {
    if (!(matrix instanceof HeapMatrix) || matrix.#lease.heap !== heap) {
      throw new InvalidArgumentError(
        'a matrix of another backend was passed; expected one of this backend’s workspaces',
      )
    }
    if (!matrix.#lease.open) throw new InvalidArgumentError('a matrix is used after its workspace was disposed')
    return matrix.pointer
  }

  #window(): Float64Array {
    const length = this.rows === 0 || this.columns === 0 ? 0 : (this.rows - 1) * this.stride + this.columns
    return new Float64Array(this.#lease.heap.memory.buffer, this.pointer, length)
  }
}

/** Frees what a forgotten workspace still holds once nothing can reach it or its matrices. */
const forgotten = new FinalizationRegistry<Pick<Lease, 'heap' | 'blocks'>>(({ heap, blocks }) => {
  for (const block of blocks) heap.free(block)
})

/** A workspace over a heap. */
export function createHeapWorkspace(heap: Heap): Workspace {
  const blocks: number[] = []
  const lease: Lease = { heap, blocks, open: true }
  forgotten.register(lease, { heap, blocks }, lease)
  return createWorkspace(
    (rows, columns) => {
      const pointer = heap.allocate(rows * columns * 8)
      blocks.push(pointer)
      const matrix = new HeapMatrix(lease, pointer, rows, columns, columns)
      matrix.data.fill(0)
      return matrix
    },
    () => {
      lease.open = false
      forgotten.unregister(lease)
      // Last first: the end of the heap then moves back without leaving gaps.
      for (const block of blocks.reverse()) heap.free(block)
      blocks.length = 0
    },
  )
}
