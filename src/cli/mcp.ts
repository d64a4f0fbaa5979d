import { type Command, Option } from 'commander'
import { loadOptional } from '../load-optional.ts'
import { untilStopped } from './interrupts.ts'
import { numberOption } from './number-options.ts'
import { openServed, type ServeFlags, serveStudies } from './serve.ts'
import { STORE_OPTION } from './with-store.ts'

interface McpFlags extends ServeFlags {
  readonly http?: boolean
}

const HELP = `
Tools: create_study, list_studies, add_candidates, ask, tell, pending, release, observe, rank, predict, explain, best,
report. The agent runs the model and tells the scores; Krige says what to measure next. Over HTTP it is the same server as
krige serve, with the tools at /mcp.

Examples:
  $ krige mcp                     # what an agent starts: it speaks on standard input and output
  $ krige mcp --http --port 8787  # tools at http://127.0.0.1:8787/mcp

In the settings of an agent:
  { "mcpServers": { "krige": { "command": "npx", "args": ["krige", "mcp", "--store", "/home/me/studies.db"] } } }`

export function registerMcp(program: Command): void {
  program
    .command('mcp')
    .description('Serve studies to an agent as tools (Model Context Protocol).')
    .option('--http', 'over HTTP instead of standard input and output')
    .addOption(
      new Option('--host <address>', 'over HTTP: where to listen; beyond this machine a token is needed')
        .default('127.0.0.1')
        .implies({ http: true }),
    )
    .addOption(
      new Option('--port <n>', 'over HTTP: port; 0 takes a free one')
        .argParser(numberOption('--port', { integer: true, minimum: 0, maximum: 65_535 }))
        .default(8787)
        .implies({ http: true }),
    )
    .option(...STORE_OPTION)
    .option('--token-file <file>', 'over HTTP: file with the bearer token (default: KRIGE_SERVER_TOKEN)')
    .option('--backend <name>', 'numeric backend (default: KRIGE_BACKEND, else the fastest)')
    .option('--quiet', 'log only faults')
    .addHelpText('after', HELP)
    .action((flags: McpFlags) =>
      flags.http
        ? serveStudies(
            flags,
            (store, url) => `Serving ${store} to agents at ${url}/mcp; the API is at ${url}/openapi.json`,
          )
        : serveOnStandardInput(flags),
    )
}

/** Standard output carries the protocol alone. */
async function serveOnStandardInput(flags: McpFlags): Promise<void> {
  const { createServerApp, store, backend, version } = await openServed(flags)
  try {
    const app = createServerApp({
      store,
      backend,
      version,
      onFault: (error) => process.stderr.write(`krige mcp: ${error instanceof Error ? error.stack : String(error)}\n`),
    })
    const [{ serveStdio }, { mcpServers }] = await loadOptional(
      () => Promise.all([import('@modelcontextprotocol/server/stdio'), import('../server/mcp.ts')]),
      'krige mcp',
      '@modelcontextprotocol/server',
    )
    const ended = untilStopped({ orStdinEnds: true })
    const connection = serveStdio(await mcpServers(app.fetch, version))
    if (!flags.quiet) process.stderr.write(`Serving ${store.location} to an agent on standard input and output.\n`)
    await ended
    await connection.close()
    process.stdin.destroy()
    await app.close()
  } finally {
    await store.close()
  }
}
