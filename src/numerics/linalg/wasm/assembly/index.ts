// What the module exports. Every pointer is a byte offset into the imported memory, every stride is in elements.

export { cholesky, choleskyScratch } from './cholesky'
export { columnSquaredNorms } from './column-norms'
export { distancesScratch, squaredDistances } from './distances'
export { inverse, inverseScratch } from './inverse'
export { kernelFill } from './kernel'
export { ardGradient, ardGradientScratch, traceGradient } from './likelihood-gradient'
export { mirror, product, productScratch } from './product'
export { deleteRow } from './rank-one'
export { triangularSolve, triangularSolveScratch } from './triangular-solve'
export { copyLower } from './triangle'
export { dot, productVector, solveVector, solveVectorTransposed } from './vector'
