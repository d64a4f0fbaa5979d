import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { cacheFolder, modelsFolder } from './cache-folder.ts'
import { listenForInterrupts } from './interrupts.ts'
import { nameListOption, numberOption } from './number-options.ts'

interface StreamFlags {
  readonly policy: readonly string[]
  readonly repeats: number
  readonly seed: number
  readonly embedder: string
  readonly json?: string
}

const EXAMPLES = `
A stream holds the prompts that an optimizer wrote, in order, with the outcomes it paid for. A policy sees the prompts
in that order and may decline to measure them. The replay asks how many cells it needs until it recommends a prompt as
good as the best that the run measured in full (mean of all its outcomes, within 0.005). Rank correlation and coverage
are those of predictions made before a prompt's first look. They start after 30 prompts and use all outcomes before.
To compare with: as-it-came (everything in order, as the run measured it) and screening (of every ten prompts only the
four whose texts promise most).

Examples:
  $ krige bench stream streams --policy krige,screening,as-it-came
  $ krige bench stream run.json.gz --policy krige --repeats 5 --seed 1 --json result.json`

export function registerBenchStream(bench: Command): void {
  bench
    .command('stream')
    .description('Replay proposal streams (stream/1): how drafts are predicted, screened and measured.')
    .argument('<file|dir...>', 'streams, .json or .json.gz, or directories of them')
    .addOption(
      new Option('--policy <names>', 'policies, separated by commas')
        .argParser(nameListOption('--policy'))
        .default(['krige'], 'krige'),
    )
    .addOption(
      new Option('--repeats <n>', 'repeats, each with its own seed')
        .argParser(numberOption('--repeats', { integer: true, minimum: 1 }))
        .default(1),
    )
    .addOption(
      new Option('--seed <n>', 'seed of everything random')
        .argParser(numberOption('--seed', { integer: true, minimum: 0 }))
        .default(1),
    )
    .option('--embedder <name>', 'auto, use-lite, none, or a folder with a model', 'auto')
    .option('--json <file>', 'write every run to FILE')
    .addHelpText('after', EXAMPLES)
    .action(runStreamCommand)
}

async function runStreamCommand(paths: readonly string[], flags: StreamFlags): Promise<void> {
  const [
    { benchBackend },
    { findTables },
    { loadStream },
    { embedStreams },
    { runStreams },
    { STREAM_METHODS },
    { resolvePolicy },
    { openEmbedder },
    { createProgressLine },
    { requireWritableFolder, writeJsonFile },
    { streamsText },
  ] = await Promise.all([
    import('../bench/tables/bench-backend.ts'),
    import('../recording/find-tables.ts'),
    import('../recording/stream.ts'),
    import('../bench/streams/embed-streams.ts'),
    import('../bench/streams/run-streams.ts'),
    import('../bench/streams/stream-methods.ts'),
    import('../policy/registry.ts'),
    import('../embedding/open-embedder.ts'),
    import('./progress-line.ts'),
    import('./write-file.ts'),
    import('./streams-text.ts'),
  ])
  for (const policy of flags.policy) resolvePolicy(policy, {}, STREAM_METHODS)
  const streams = await Promise.all((await findTables(paths, 'stream/1')).map(loadStream))
  if (flags.json !== undefined) requireWritableFolder(flags.json)
  const line = createProgressLine(process.stderr)
  const interrupts = listenForInterrupts('Stopping.')
  const embedder = await openEmbedder(flags.embedder, {
    modelsFolder: modelsFolder(process.env),
    cacheFolder: join(cacheFolder(process.env), 'embeddings'),
  })
  try {
    const embedded = await embedStreams(streams, embedder, {
      signal: interrupts.signal,
      onProgress: (done, total) => line.show(`embedding prompts: ${done} of ${total}`, { done, total }),
    })
    const result = await runStreams({
      streams: embedded,
      policies: flags.policy,
      repeats: flags.repeats,
      seed: flags.seed,
      backend: benchBackend(),
      signal: interrupts.signal,
      onRun: (run, done, total) =>
        line.show(`${done} of ${total} runs (${run.stream}, ${run.policy})`, { done, total }),
    })
    line.end()
    if (flags.json !== undefined) writeJsonFile(flags.json, result)
    process.stdout.write(streamsText(result.runs))
  } finally {
    line.end()
    await embedder?.close()
    interrupts.close()
  }
}
