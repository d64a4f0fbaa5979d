/**
 * The derivatives that training needs. TensorFlow.js keeps its own in modules that Node.js cannot load (their imports
 * have no extensions), and the bundle that it can load has none.
 *
 * They hold for all shapes and attributes, because the registry is the process's: other code may use them.
 *
 * @module
 */
import type { Tensor, TensorFlow } from './tensor.ts'

interface Shaped extends Tensor {
  readonly shape: number[]
}

type Derivatives = Readonly<Record<string, () => Tensor>>

interface Gradient {
  readonly kernelName: string
  readonly inputsToSave?: string[]
  readonly outputsToSave?: boolean[]
  gradFunc(upstream: Shaped, saved: Shaped[], attributes: Readonly<Record<string, unknown>>): Derivatives
}

/** What of TensorFlow.js derivatives are made of. */
export interface GradientRegistry {
  getGradient(kernelName: string): unknown
  registerGradient(gradient: Gradient): void
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor
  sum(a: Tensor, axes?: number[]): Tensor
  neg(a: Tensor): Tensor
  reshape(a: Tensor, shape: number[]): Tensor
  broadcastTo(a: Tensor, shape: number[]): Tensor
  readonly broadcast_util: { getReductionAxes(shape: number[], broadcast: number[]): number[] }
  readonly util: { parseAxisParam(axis: unknown, shape: number[]): number[] }
}

/** Registers what is not registered yet. */
export function registerGradients(tensorFlow: TensorFlow & GradientRegistry): void {
  const { add, sub, mul, square, scalar, matMul, sum, neg, reshape, broadcastTo } = tensorFlow
  /** What was repeated to match another shape gets the sum over the repetitions. */
  const unbroadcast = (gradient: Tensor, { shape }: Shaped, upstream: Shaped): Tensor => {
    const axes = tensorFlow.broadcast_util.getReductionAxes(shape, upstream.shape)
    return reshape(axes.length > 0 ? sum(gradient, axes) : gradient, shape)
  }
  const ofPair = (kernelName: string, gradFunc: Gradient['gradFunc']) => ({
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc,
  })

  const gradients: Gradient[] = [
    ofPair('Add', (dy, [a, b]) => ({ a: () => unbroadcast(dy, a!, dy), b: () => unbroadcast(dy, b!, dy) })),
    ofPair('Sub', (dy, [a, b]) => ({ a: () => unbroadcast(dy, a!, dy), b: () => unbroadcast(neg(dy), b!, dy) })),
    ofPair('Multiply', (dy, [a, b]) => ({
      a: () => unbroadcast(mul(dy, b!), a!, dy),
      b: () => unbroadcast(mul(dy, a!), b!, dy),
    })),
    ofPair('BatchMatMul', (dy, [a, b], { transposeA, transposeB }) => ({
      a: () => (transposeA ? matMul(b!, dy, !!transposeB, true) : matMul(dy, b!, false, !transposeB)),
      b: () => (transposeB ? matMul(dy, a!, true, !!transposeA) : matMul(a!, dy, !transposeA, false)),
    })),
    {
      kernelName: 'Square',
      inputsToSave: ['x'],
      gradFunc: (dy, [x]) => ({ x: () => mul(dy, add(x!, x!)) }),
    },
    {
      kernelName: 'Tanh',
      outputsToSave: [true],
      gradFunc: (dy, [y]) => ({ x: () => mul(dy, sub(scalar(1), square(y!))) }),
    },
    {
      kernelName: 'Sum',
      inputsToSave: ['x'],
      gradFunc: (dy, [x], { axis }) => {
        const summed = tensorFlow.util.parseAxisParam(axis, x!.shape)
        const kept = x!.shape.map((size, dimension) => (summed.includes(dimension) ? 1 : size))
        return { x: () => broadcastTo(reshape(dy, kept), x!.shape) }
      },
    },
  ]
  for (const gradient of gradients) {
    if (!tensorFlow.getGradient(gradient.kernelName)) tensorFlow.registerGradient(gradient)
  }
}
