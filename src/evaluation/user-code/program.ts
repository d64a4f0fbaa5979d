import { nearest } from '../../check-input.ts'
import type { WrittenMeasurement } from '../../history/measurement.ts'
import type { JsonValue } from '../../prompt/example.ts'

/** What a program asks of a model. */
export interface ProgramCall {
  /** Which part of the program asks: costs, traces and feedback are told apart by it. */
  readonly stage?: string
  readonly prompt: string
  readonly system?: string
  readonly temperature?: number
  readonly topP?: number
  readonly maxOutputTokens?: number
  readonly stop?: readonly string[]
}

/** A candidate as a program sees it. */
export interface ProgramCandidate {
  readonly id: string
  /** The whole prompt as one text. */
  readonly text: string
  readonly slots: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>
}

export interface ProgramExample {
  readonly id: string
  readonly input: JsonValue
  readonly expected?: JsonValue
  readonly [field: string]: JsonValue | undefined
}

/** What a program is given beside candidate and example. */
export interface ProgramContext {
  /** Asks the task's model. Every call counts against the budget; a failed one rejects. */
  generate(call: string | ProgramCall): Promise<string>
  readonly seed: number
  readonly repeat: number
}

/** The default export of a module named by `evaluate:`: a score, or more. `feedback` says why it scored so. */
export type Program = (
  candidate: ProgramCandidate,
  example: ProgramExample,
  context: ProgramContext,
) => number | boolean | WrittenMeasurement | Promise<number | boolean | WrittenMeasurement>

/**
 * Checks what a program asks for.
 *
 * @throws TypeError naming the setting that is wrong.
 */
export function readProgramCall(asked: unknown): ProgramCall {
  if (typeof asked === 'string') return { prompt: asked }
  if (typeof asked !== 'object' || asked === null || !('prompt' in asked) || typeof asked.prompt !== 'string') {
    throw new TypeError('generate was given no prompt; expected a text or { prompt, system, temperature, … }')
  }
  const known = ['prompt', 'stage', 'system', 'temperature', 'topP', 'maxOutputTokens', 'stop']
  const unknown = Object.keys(asked).find((key) => !known.includes(key))
  if (unknown !== undefined) {
    const meant = nearest(known, unknown)
    throw new TypeError(
      `generate: unknown key ${unknown}. ${meant === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean ${meant}?`}`,
    )
  }
  const setting = <Value>(
    name: Exclude<keyof ProgramCall, 'prompt'>,
    isRight: (value: unknown) => value is Value,
    expected: string,
  ): Value | undefined => {
    const value: unknown = Reflect.get(asked, name)
    if (value === undefined || isRight(value)) return value
    throw new TypeError(`generate: ${name} should be ${expected}`)
  }
  const stage = setting('stage', isName, 'a name')
  const system = setting('system', isText, 'a text')
  const temperature = setting('temperature', isIn(0, 2), 'a number from 0 to 2')
  const topP = setting('topP', isIn(0, 1), 'a number from 0 to 1')
  const maxOutputTokens = setting('maxOutputTokens', isCount, 'a positive whole number')
  const stop = setting('stop', isTexts, 'a list of texts')
  return {
    prompt: asked.prompt,
    ...(stage === undefined ? {} : { stage }),
    ...(system === undefined ? {} : { system }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(stop === undefined ? {} : { stop }),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isName = (value: unknown): value is string => isText(value) && value !== ''
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0
const isIn =
  (low: number, high: number) =>
  (value: unknown): value is number =>
    typeof value === 'number' && value >= low && value <= high
