import { randomBytes } from 'node:crypto'
import type { Hold } from '../../engine/hold.ts'
import type { LiveStudy } from '../../run/run-task.ts'
import type { Store } from '../../store/store.ts'
import { createControl } from '../control.ts'
import { serve } from '../serve.ts'
import { attachStudy } from './attached-study.ts'
import { createAudience } from './audience.ts'

export interface ServeRunOptions {
  readonly store: Store
  readonly hold: Hold
  /** Ends the run in order. */
  readonly onStop: () => void
  readonly version: string
  /** 0 takes a free one. @defaultValue 0 */
  readonly port?: number
}

/** The live view of a run, on this machine. */
export interface RunView {
  /** Of the page, with the token of this run in its fragment, which is sent to no server. */
  readonly url: string
  /** Lets who watches get the end, and closes. */
  close(): Promise<void>
}

/** How long the end of a run waits for who watches, in milliseconds. */
const PATIENCE = 5_000

/**
 * Serves the study of a run to a browser on this machine. Anyone with the address may pause and stop the run, and have it
 * measure prompts, within its budget.
 *
 * @throws UnavailableError when the port is taken.
 */
export async function serveRun(live: LiveStudy, options: ServeRunOptions): Promise<RunView> {
  const { store, hold, onStop, version, port = 0 } = options
  const { name } = live.study.state.config
  const control = createControl(hold, onStop)
  const audience = createAudience()
  const token = randomBytes(24).toString('base64url')
  const studies = attachStudy(name, live, control, audience)
  const server = await serve({ store, version, token, port, logLevel: 'silent' }, studies)
  return {
    url: `${server.url}/studies/${encodeURIComponent(name)}/live#token=${token}`,
    async close() {
      control.end()
      await audience.served(live.log.length, PATIENCE)
      await server.close()
    },
  }
}
