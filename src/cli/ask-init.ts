/**
 * The questions of `krige init` on a terminal.
 *
 * @module
 */
import type { Surroundings } from './look-around.ts'

/** How a person is asked; each answer is `undefined` when they leave. */
export interface Asker {
  select(
    message: string,
    options: readonly { value: string; label: string; hint?: string }[],
  ): Promise<string | undefined>
  text(
    message: string,
    options: { placeholder?: string; initialValue?: string; required?: string },
  ): Promise<string | undefined>
}

/** What to write, and where. */
export type InitAnswers =
  | { readonly kind: 'promptfoo'; readonly config: string; readonly folder: string }
  | { readonly kind: 'example'; readonly model: string; readonly folder: string }
  | {
      readonly kind: 'data'
      readonly from: string
      readonly prompt: string
      readonly model: string
      readonly folder: string
    }

const OTHER = 'other'
const EXAMPLE = 'example'

/**
 * Asks what a task needs, in the light of what is here.
 *
 * @param folder - where to, where the command line says so.
 * @returns `undefined` when the person left.
 */
export async function askInit(
  ask: Asker,
  { models, data, promptfoo }: Surroundings,
  defaultModel: string,
  folder?: string,
): Promise<InitAnswers | undefined> {
  const source = await ask.select('What do you want to start from?', [
    ...(promptfoo === undefined ? [] : [{ value: promptfoo, label: promptfoo, hint: 'a promptfoo configuration' }]),
    ...data.map((file) => ({ value: file, label: file, hint: 'your examples' })),
    { value: OTHER, label: 'Another file of examples', hint: '.csv, .jsonl, .json or .yaml' },
    { value: EXAMPLE, label: 'A small example', hint: 'twelve reviews, six prompts' },
  ])
  if (source === undefined) return undefined
  const whereTo = async (initialValue: string) =>
    folder ?? ask.text('Where should the task go?', { initialValue, required: 'Name a folder.' })

  if (source === promptfoo) {
    const chosen = await whereTo('krige')
    return chosen === undefined ? undefined : { kind: 'promptfoo', config: source, folder: chosen }
  }
  const from =
    source === OTHER ? await ask.text('Which file?', { placeholder: 'tickets.csv', required: 'Name a file.' }) : source
  if (from === undefined) return undefined
  const prompt =
    source === EXAMPLE
      ? ''
      : await ask.text('The prompt in use now:', {
          placeholder: 'Classify the ticket.',
          required: 'Write the prompt you have; better ones are written from it.',
        })
  if (prompt === undefined) return undefined
  const model = await askModel(ask, models, defaultModel)
  if (model === undefined) return undefined
  const name = source === EXAMPLE ? 'sentiment' : from.replace(/^.*[/\\]/, '').replace(/\.\w+$/, '')
  const chosen = await whereTo(name)
  if (chosen === undefined) return undefined
  return source === EXAMPLE
    ? { kind: 'example', model, folder: chosen }
    : { kind: 'data', from, prompt, model, folder: chosen }
}

async function askModel(ask: Asker, models: Surroundings['models'], defaultModel: string): Promise<string | undefined> {
  // A file may say after the name how its weights are packed.
  const here = models.some(({ model }) => model.toLowerCase().startsWith(defaultModel.toLowerCase()))
  const chosen = await ask.select('Which model answers?', [
    ...models.map(({ model, from }) => ({ value: model, label: model, hint: from })),
    ...(here ? [] : [{ value: defaultModel, label: defaultModel, hint: 'fetched by krige models pull' }]),
    { value: OTHER, label: 'Another', hint: 'a provider, or a server elsewhere' },
  ])
  if (chosen !== OTHER) return chosen
  return ask.text('Its name:', {
    placeholder: 'openai:gpt-5-mini, or openai-compatible:http://127.0.0.1:8080/v1#name',
    required: 'Write PROVIDER:MODEL, gguf:NAME or openai-compatible:URL#NAME.',
  })
}
