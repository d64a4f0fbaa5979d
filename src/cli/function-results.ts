import { basename } from 'node:path'
import * as z from 'zod'
import type { FunctionBench } from '../bench/functions/run-functions.ts'
import { readBounded } from '../evaluation/bounded-file.ts'

const functionRunSchema = z.object({
  function: z.string(),
  sampler: z.string(),
  repeat: z.int().nonnegative(),
  regret: z.array(z.number()).min(1),
  askMilliseconds: z.array(z.number()),
  recommendedRegret: z.number().nullable().default(null),
})

const functionResultsSchema = z.object({ runs: z.array(functionRunSchema).min(1) })

/**
 * Results of `krige bench functions`, when all files are; undefined otherwise. A sampler that two files ran apart is
 * told apart by file name.
 */
export async function readFunctionResults(files: readonly string[]): Promise<FunctionBench | undefined> {
  const read = await Promise.all(
    files.map(async (file) => {
      try {
        return functionResultsSchema.safeParse(JSON.parse(readBounded(file, 256).toString('utf8'))).data?.runs
      } catch {
        // Reading it as another kind of result says what is wrong.
        return undefined
      }
    }),
  )
  const owners = new Map<string, Set<number>>()
  read.forEach((runs, index) => {
    for (const { function: name, sampler } of runs ?? []) {
      const key = JSON.stringify([name, sampler])
      owners.set(key, (owners.get(key) ?? new Set()).add(index))
    }
  })
  const all = read.flatMap((runs, index) =>
    (runs ?? []).map((run) =>
      owners.get(JSON.stringify([run.function, run.sampler]))!.size > 1
        ? { ...run, sampler: `${run.sampler} (${basename(files[index]!, '.json')})` }
        : run,
    ),
  )
  return read.every((runs) => runs !== undefined) ? { runs: all } : undefined
}
