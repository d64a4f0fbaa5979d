/**
 * Dense linear algebra behind one interface.
 *
 * @module
 */
export type {
  Accuracy,
  Backend,
  CholeskyOptions,
  CholeskyReport,
  GemmOptions,
  KernelFamily,
  KernelFill,
  SyrkOptions,
  TraceGradient,
  Triangle,
} from './backend.ts'
export { BACKEND_NAMES, createBackend } from './create-backend.ts'
export { createJsBackend } from './js/create-js-backend.ts'
export { assign, type Matrix, toArray, type Workspace } from './matrix.ts'
export { openBackend } from './open-backend.ts'
export { createWasmBackend, type WasmBackendOptions } from './wasm/create-wasm-backend.ts'
export type { Simd } from './wasm/kernels.ts'
