import { fork } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CellMessage, CellsMessage } from './cell-process.ts'
import type { Notebook } from './notebook-file.ts'
import { joined } from './text-lines.ts'

export interface NotebookRun {
  /** The notebook with the outputs of this run, up to the cell that failed. */
  readonly notebook: Notebook
  /** Position among all cells, from 1, as a reader counts them. */
  readonly failure?: { readonly cell: number; readonly error: string }
}

/**
 * Executes every code cell of a notebook, in order, in a fresh process whose working directory is the notebook's.
 *
 * @param path - where the notebook lies: imports are relative to its directory.
 * @param options.limitSeconds - after this long the process is ended and the cell it was in has failed. Default 300.
 * @example
 * const { failure } = await runNotebook(path, await readNotebook(path))
 */
export async function runNotebook(
  path: string,
  notebook: Notebook,
  options: { readonly limitSeconds?: number } = {},
): Promise<NotebookRun> {
  const { limitSeconds = 300 } = options
  const directory = dirname(resolve(path))
  const cells = structuredClone(notebook.cells)
  const code = [...cells.entries()].flatMap(([index, cell]) => (cell.cell_type === 'code' ? [{ index, cell }] : []))
  const child = fork(fileURLToPath(new URL('./cell-process.ts', import.meta.url)), {
    cwd: directory,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  let done = 0
  let error: string | undefined
  await new Promise<void>((ended) => {
    const timer = setTimeout(() => {
      error = `still running after ${limitSeconds} s`
      child.kill('SIGKILL')
    }, limitSeconds * 1000)
    child.on('message', (message: CellMessage) => {
      if (message.kind === 'failed') {
        error = message.error
        return
      }
      const { cell } = code[done++]!
      cell.outputs = message.outputs
      cell.execution_count = done
    })
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      if (done < code.length) error ??= `the process ended in this cell (${signal ?? `status ${status}`})`
      ended()
    })
    child.send({ directory, cells: code.map(({ cell }) => joined(cell.source)) } satisfies CellsMessage)
  })
  const result = { ...notebook, cells }
  return error === undefined
    ? { notebook: result }
    : { notebook: result, failure: { cell: code[done]!.index + 1, error } }
}
