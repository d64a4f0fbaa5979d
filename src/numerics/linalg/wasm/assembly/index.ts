// What the module exports. Every pointer is a byte offset into the imported memory, every stride is in elements.
//
// What its comment calls a step is one part of an algorithm that several threads share. It takes a range and scratch of
// its own first, and ranges of one step may run at the same time.

export {
  cholesky,
  choleskyPanel,
  choleskyPanelBytes,
  choleskyRows,
  choleskyScratch,
  choleskySquare,
  choleskyUpdate,
} from './cholesky'
export { columnSquaredNorms } from './column-norms'
export { distancesScratch, squaredDistances } from './distances'
export {
  inverse,
  inverseColumns,
  inverseColumnsBytes,
  inverseProduct,
  inverseRows,
  inverseRowsBytes,
  inverseScratch,
} from './inverse'
export { kernelFill, kernelFillRows } from './kernel'
export { ardGradient, ardGradientScratch, traceGradient } from './likelihood-gradient'
export {
  mirror,
  PRODUCT_COLUMNS,
  PRODUCT_INNER,
  PRODUCT_ROWS_SCRATCH,
  packColumns,
  product,
  productRows,
  productScratch,
} from './product'
export { deleteRow } from './rank-one'
export { columnsAtOnce, solveRightSides, triangularSolve, triangularSolveScratch } from './triangular-solve'
export { copyLower } from './triangle'
export { dot, productVector, solveVector, solveVectorTransposed } from './vector'
