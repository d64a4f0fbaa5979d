/**
 * Our own subset of promptfoo's configuration: the keys an import reads. Other keys pass, so that they can be listed.
 *
 * @module
 */
import * as z from 'zod'
import type { JsonValue } from '../../prompt/example.ts'

export const json: z.ZodType<JsonValue> = z.json()
const vars = z.record(z.string(), json)

const writtenAssertion = z.looseObject({
  type: z.string().min(1).optional(),
  $ref: z.string().optional(),
  value: json.optional(),
  threshold: z.number().optional(),
  weight: z.number().nonnegative().optional(),
  metric: z.string().optional(),
  provider: json.optional(),
  transform: json.optional(),
  rubricPrompt: json.optional(),
  assert: json.optional(),
})

const options = z.looseObject({
  provider: json.optional(),
  transform: json.optional(),
  postprocess: json.optional(),
  rubricPrompt: json.optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  disableVarExpansion: z.boolean().optional(),
})

export const testSchema = z.looseObject({
  description: z.string().optional(),
  vars: z.union([vars, z.string(), z.array(z.string())]).optional(),
  assert: z.array(writtenAssertion).optional(),
  options: options.optional(),
  threshold: z.number().optional(),
})

const prompt = z.union([
  z.string(),
  z.looseObject({
    id: z.string().optional(),
    label: z.string().optional(),
    raw: z.string().optional(),
    file: z.string().optional(),
    messages: z.array(z.looseObject({ role: z.string(), content: json })).optional(),
    config: json.optional(),
  }),
])

const provider = z.union([
  z.string(),
  z.looseObject({
    id: z.string().optional(),
    label: z.string().optional(),
    prompts: z.union([z.string(), z.array(z.string())]).optional(),
    config: z.record(z.string(), json).optional(),
  }),
])

/** Each test is checked by itself, so that one that is malformed does not take the others with it. */
const tests = z.union([z.string(), z.array(json)])

export const configSchema = z.looseObject({
  description: z.string().optional(),
  prompts: z.union([z.string(), z.array(prompt), z.record(z.string(), z.string())]),
  providers: z.union([z.string(), z.array(provider)]).optional(),
  targets: z.union([z.string(), z.array(provider)]).optional(),
  tests: tests.optional(),
  scenarios: z
    .array(z.union([z.string(), z.looseObject({ config: z.array(json), tests: tests.optional() })]))
    .optional(),
  defaultTest: z.union([z.string(), json]).optional(),
})

/**
 * Where and how a value is not what a schema says, down to the part that is wrong.
 *
 * @example
 * schemaProblem(testSchema.safeParse({ assert: [{ type: 5 }] }).error!) // 'assert[0].type: Invalid input: expected string, received number'
 */
export function schemaProblem(error: z.ZodError): string {
  const [issue] = error.issues
  const { path, message } = deepest(issue!)
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return place === '' ? message : `${place.replace(/^\./, '')}: ${message}`
}

function deepest(issue: z.core.$ZodIssue): { readonly path: readonly PropertyKey[]; readonly message: string } {
  if (issue.code !== 'invalid_union') return issue
  const branches = issue.errors.flatMap((errors) => (errors[0] ? [deepest(errors[0])] : []))
  const [best] = branches.sort((a, b) => b.path.length - a.path.length)
  return best ? { path: [...issue.path, ...best.path], message: best.message } : issue
}

export type PromptfooConfig = z.output<typeof configSchema>
export type WrittenTest = z.output<typeof testSchema>
export type WrittenAssertion = z.output<typeof writtenAssertion>
export type WrittenPrompt = z.output<typeof prompt>
export type WrittenProvider = z.output<typeof provider>
