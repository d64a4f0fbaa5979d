import { stripTypeScriptTypes } from 'node:module'
import { resolve } from 'node:path'
import { expect } from 'vitest'
import { type DocstringExample, declarations, namesIn, root } from './docstring-examples.ts'
import { exampleFixtures, type FixtureName, LIVE_FIXTURES } from './example-fixtures.ts'
import { statementOf } from './stated-value.ts'

/** Where a name of an example comes from. */
export type Origin =
  | { readonly kind: 'module'; readonly name: string; readonly file: string }
  | { readonly kind: 'fixture'; readonly name: FixtureName }

const values = declarations('value')

/** The modules that examples import by the name of the package. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = {
  krige: 'src/index.ts',
  'krige/acquisition': 'src/acquisition/index.ts',
  'krige/bench': 'src/bench/index.ts',
  'krige/neural': 'src/surrogate/neural/index.ts',
  'krige/policy': 'src/policy/index.ts',
  'krige/proposer': 'src/proposer/index.ts',
  'krige/report': 'src/report/index.ts',
  'krige/run': 'src/run/index.ts',
  'krige/server': 'src/server/index.ts',
  'krige/study': 'src/study/index.ts',
  'krige/surrogate': 'src/surrogate/index.ts',
  'krige/testing': 'src/testing/index.ts',
}

/**
 * Names an example does not declare: exported by the module it stands in, by the one module of src that exports such a
 * name, or a fixture. Globals of the language and unknown names have no origin: an unknown one fails as it runs.
 */
export function originsOf({ file, code }: DocstringExample): Origin[] {
  return namesIn(code).flatMap((name): Origin[] => {
    const found = values.fileOf(name, file)
    if (found) return [{ kind: 'module', name, file: found }]
    return name in exampleFixtures ? [{ kind: 'fixture', name: name as FixtureName }] : []
  })
}

/** Whether an example needs a downloaded model: it runs among the live tests. */
export function needsModel({ code }: DocstringExample): boolean {
  return namesIn(code).some((name) => LIVE_FIXTURES.has(name))
}

/** Runs an example as a reader would and compares what its comments state. Returns how many values were compared. */
export async function runExample(example: DocstringExample): Promise<number> {
  const scope = new Map<string, unknown>()
  for (const origin of originsOf(example)) {
    scope.set(
      origin.name,
      origin.kind === 'module' ? (await importFile(origin.file))[origin.name] : await exampleFixtures[origin.name](),
    )
  }
  const registered: Promise<void>[] = []
  scope.set('it', (_name: string, check: () => void | Promise<void>) => registered.push((async () => check())()))

  const { body, statements } = instrument(example.code)
  const compared = new Set<number>()
  const place = `${example.file}:${example.line}`
  scope.set('$states', (index: number, actual: unknown) => {
    const statement = statements[index]!
    compared.add(index)
    if (statement.kind === 'value') expect(statement.agrees(actual), place).toEqual(statement.value)
  })
  scope.set('$throws', async (index: number, run: () => Promise<unknown>) => {
    const statement = statements[index]!
    const thrown = await run().then(
      () => undefined,
      (error: unknown) => error,
    )
    const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'nothing thrown'
    compared.add(index)
    if (statement.kind === 'throws') expect(said, place).toContain(`${statement.error}: ${statement.message}`)
  })
  scope.set('$import', async (from: string) => {
    const entry = ENTRY_POINTS[from]
    return entry ? importFile(entry) : import(/* @vite-ignore */ from)
  })
  const run = new AsyncFunction(...scope.keys(), body)
  await run(...scope.values())
  await Promise.all(registered)
  expect(compared.size, `values compared in ${place}`).toBe(statements.length)
  return compared.size
}

const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<unknown>

function importFile(file: string): Promise<Record<string, unknown>> {
  return import(/* @vite-ignore */ resolve(root, file))
}

/** Strips the types and turns comments that state values into comparisons. */
function instrument(code: string) {
  const statements: NonNullable<ReturnType<typeof statementOf>>[] = []
  const lines = stripTypeScriptTypes(code)
    .split('\n')
    .map((line) => {
      const [, indent = '', before, comment] = /^(\s*)(.*?)\s*(?<!:)\/\/ (.*)$/.exec(line) ?? []
      const statement = comment === undefined ? undefined : statementOf(comment)
      if (!statement) return line
      if (!before) throw new Error(`a value is stated on a line of its own: // ${comment}`)
      const index = statements.push(statement) - 1
      return statement.kind === 'value'
        ? `${indent}$states(${index}, ${before})`
        : `${indent}await $throws(${index}, async () => ${before})`
    })
    .map((line) => line.replace(/^import (\{.*\}) from ('.*')$/, 'const $1 = await $import($2)'))
  return { body: `'use strict'; {\n${lines.join('\n')}\n}`, statements }
}
