import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { InvalidInputError } from '../errors.ts'
import { untilStopped } from './interrupts.ts'
import { loadServer } from './live-view.ts'
import { numberOption } from './number-options.ts'
import { packageVersion } from './version.ts'
import { STORE_OPTION, storeAddress } from './with-store.ts'

export interface ServeFlags {
  readonly host: string
  readonly port: number
  readonly store?: string
  readonly tokenFile?: string
  readonly backend?: string
  readonly quiet?: boolean
  readonly untilStdinEnds?: boolean
}

const HELP = `
The API is described at /openapi.json. Without a token only this machine is answered; KRIGE_SERVER_TOKEN (or --token-file)
is what clients send as "Authorization: Bearer …". Ctrl-C finishes what is under way; everything told is stored before it
is answered. Agents find the same as tools of the Model Context Protocol at /mcp.

Examples:
  $ krige serve
  $ curl -s localhost:8787/studies -H 'Content-Type: application/json' \\
      -d '{"name": "triage", "pool": ["Classify the ticket.", "Which team?"], "exampleCount": 100}'
  $ curl -s localhost:8787/studies/triage/ask -H 'Content-Type: application/json' -d '{}'
  $ KRIGE_SERVER_TOKEN=$(openssl rand -hex 32) krige serve --host 0.0.0.0 --store team.db`

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('Serve studies over HTTP: ask, measure, tell, from any language.')
    .option('--host <address>', 'where to listen; beyond this machine a token is needed', '127.0.0.1')
    .addOption(
      new Option('--port <n>', 'port; 0 takes a free one')
        .argParser(numberOption('--port', { integer: true, minimum: 0, maximum: 65_535 }))
        .default(8787),
    )
    .option(...STORE_OPTION)
    .option('--token-file <file>', 'file with the bearer token (default: KRIGE_SERVER_TOKEN)')
    .option('--backend <name>', 'numeric backend (default: KRIGE_BACKEND, else the fastest)')
    .option('--quiet', 'log only faults')
    .option('--until-stdin-ends', 'stop when standard input ends: with the program that started it, however that ends')
    .addHelpText('after', HELP)
    .action((flags: ServeFlags) =>
      serveStudies(
        flags,
        (store, url) => `Serving ${store} at ${url}; the API is at ${url}/openapi.json\nWatch a study: ${url}/`,
      ),
    )
}

/** What `krige serve` and `krige mcp` serve. */
export async function openServed(flags: Pick<ServeFlags, 'store' | 'backend'>) {
  const [{ openStore }, { openThreadedBackend }] = await Promise.all([
    import('../store/open-store.ts'),
    import('../threads/open-threaded-backend.ts'),
  ])
  const { serve, createServerApp } = await loadServer(() => import('../server/index.ts'))
  const name = flags.backend ?? process.env['KRIGE_BACKEND']
  const backend = await openThreadedBackend(name)
  return {
    serve,
    createServerApp,
    store: await openStore(storeAddress(flags.store)),
    backend,
    version: packageVersion(),
  }
}

/** @param greeting What is said when it listens. */
export async function serveStudies(flags: ServeFlags, greeting: (store: string, url: string) => string): Promise<void> {
  const token = tokenOf(flags)
  const { serve, store, backend, version } = await openServed(flags)
  try {
    const server = await serve({
      store,
      backend,
      version,
      host: flags.host,
      port: flags.port,
      logLevel: flags.quiet ? 'error' : 'info',
      ...(token === undefined ? {} : { token }),
    })
    process.stdout.write(`${greeting(store.location, server.url)}\n`)
    if (flags.untilStdinEnds) process.stdin.resume()
    await untilStopped({ orStdinEnds: flags.untilStdinEnds === true })
    if (flags.untilStdinEnds) process.stdin.destroy()
    await server.close()
  } finally {
    await store.close()
  }
}

function tokenOf({ tokenFile }: ServeFlags): string | undefined {
  const token = tokenFile === undefined ? process.env['KRIGE_SERVER_TOKEN'] : readFileSync(tokenFile, 'utf8').trim()
  if (token === '') {
    throw new InvalidInputError('the token is empty', { where: tokenFile ?? 'KRIGE_SERVER_TOKEN', remedy: 'Set one.' })
  }
  return token
}
