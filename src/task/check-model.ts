import { isAbsolute } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'

const MODEL = /^(gguf:.+|openai-compatible:https?:\/\/[^#\s]+#.+|[a-z0-9][a-z0-9._-]*:.+)$/i

export function checkModel(
  model: string | undefined,
  path: readonly string[],
  isOptional: boolean,
  locate: (path: readonly PropertyKey[]) => string,
): void {
  if (model === undefined) {
    if (isOptional) return
    throw new InvalidInputError('task has no model', {
      where: locate([]),
      remedy: 'Add one, such as model: gguf:smollm2-135m-instruct',
    })
  }
  if (
    MODEL.test(model) &&
    !(model.startsWith('openai-compatible:') && !/^openai-compatible:https?:\/\/[^#\s]+#.+$/.test(model))
  )
    return
  throw new InvalidInputError(
    `${path.join('.')} is ${JSON.stringify(publicModelName(model))}; expected gguf:NAME, openai-compatible:URL#name or PROVIDER:MODEL`,
    {
      where: locate(path),
      remedy: 'For a local server: openai-compatible:http://127.0.0.1:8080/v1#name',
    },
  )
}

/** Files of models and tables that a value names, wherever in it: a judge's or a proposer's, too. */
export function modelPaths(value: unknown): string[] {
  if (typeof value === 'string') {
    const [, scheme, path] = /^(gguf|table):(.*?)(?:#(?:raw|chat))?$/s.exec(value) ?? []
    return path !== undefined && (scheme === 'table' || isPath(path)) ? [path] : []
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(modelPaths) : []
}

/** Not a name to be looked up in the models folder: absolute, or with a step up or from here. */
export function isPath(written: string): boolean {
  return isAbsolute(written) || /^\.{1,2}(?:[/\\]|$)|[/\\]\.\.(?:[/\\]|$)/.test(written)
}
