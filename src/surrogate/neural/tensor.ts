/**
 * The part of TensorFlow.js that training needs, by structure, so that users without it do not need its types.
 *
 * @module
 */

export interface Tensor {
  dataSync(): Float32Array
  dispose(): void
}

export interface Variable extends Tensor {
  assign(value: Tensor): void
}

export interface TensorFlow {
  tensor2d(values: Float32Array, shape: [number, number]): Tensor
  variable(initial: Tensor): Variable
  variableGrads(loss: () => Tensor, variables: Variable[]): { value: Tensor; grads: Record<string, Tensor> }
  matMul(a: Tensor, b: Tensor): Tensor
  add(a: Tensor, b: Tensor): Tensor
  sub(a: Tensor, b: Tensor): Tensor
  mul(a: Tensor, b: Tensor): Tensor
  tanh(a: Tensor): Tensor
  square(a: Tensor): Tensor
  sum(a: Tensor): Tensor
  scalar(value: number): Tensor
  tidy<Result>(compute: () => Result): Result
  dispose(tensors: unknown): void
  train: { adam(rate: number): { applyGradients(gradients: Record<string, Tensor>): void; dispose(): void } }
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
}
