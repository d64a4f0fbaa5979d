import { spawn } from 'node:child_process'
import { createHold, type Hold } from '../engine/hold.ts'
import { loadOptional } from '../load-optional.ts'
import type { LiveStudy } from '../run/run-task.ts'
import type { Store } from '../store/store.ts'
import { packageVersion } from './version.ts'

/** The live view of a run: what the run is handed, and what is closed at its end. */
export interface LiveView {
  readonly hold: Hold
  readonly onOpen: (live: LiveStudy) => void
  /** Whether the run had anything to show. */
  readonly isOpen: boolean
  close(): Promise<void>
}

/** @param onStop Ends the run in order. */
export async function createLiveView(store: Store, onStop: () => void): Promise<LiveView> {
  const { serveRun } = await loadServer(() => import('../server/live/serve-run.ts'))
  const hold = createHold()
  let opening: ReturnType<typeof serveRun> | undefined
  return {
    hold,
    get isOpen() {
      return opening !== undefined
    },
    onOpen(live) {
      opening = serveRun(live, { store, hold, onStop, version: packageVersion() })
      opening.then(
        ({ url }) => {
          process.stderr.write(`Live view: ${url}\n`)
          openBrowser(url)
        },
        (error: Error) => process.stderr.write(`No live view: ${error.message}\n`),
      )
    },
    async close() {
      await (await opening?.catch(() => undefined))?.close()
    },
  }
}

/** The server is an optional part. */
export async function loadServer<Module>(load: () => Promise<Module>): Promise<Module> {
  return loadOptional(load, 'the server', 'hono @hono/node-server @hono/zod-openapi prom-client pino')
}

/** Opens an address in the user's browser; without one, the printed address is all there is. */
export function openBrowser(url: string): void {
  const { platform, env } = process
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return
  const [command, ...args] =
    platform === 'darwin'
      ? ['open', url]
      : platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url]
  spawn(command!, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
