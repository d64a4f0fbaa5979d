import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PostgresServer {
  readonly port: number
  /** Of the server's first process. */
  readonly pid: number
  /** Makes an empty database; its address, with the password. */
  database(): string
  stop(how?: 'fast' | 'immediate'): void
  start(): void
  close(): void
}

/** Of the user that tests connect as; any spelling of it must be hidden. */
export const PASSWORD = 'Sehr/geheim:4711@x'
const USER = 'krige'

/** Where a server listens, and a line of `pg_hba.conf` that says who may connect. */
export interface PostgresPlace {
  readonly host: string
  readonly access?: string
}

/**
 * Starts a PostgreSQL server of its own in a temporary folder, on loopback unless told otherwise, with a password.
 *
 * @throws where PostgreSQL is not installed: a test that cannot run must not look as if it had passed.
 */
export async function startPostgres({ host, access }: PostgresPlace = { host: '127.0.0.1' }): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'krige-pg-'))
  const owner = process.getuid?.() === 0 ? 'postgres' : undefined
  if (owner) chownSync(folder, Number(execFileSync('id', ['-u', owner])), Number(execFileSync('id', ['-g', owner])))
  const run = (program: string, ...args: string[]) => {
    const command = join(binaries(), program)
    const [file, all] = owner ? ['runuser', ['-u', owner, '--', command, ...args]] : [command, args]
    const { status, stderr, stdout } = spawnSync(file, all as string[], { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${program} failed: ${stderr}${stdout}`)
    return stdout
  }
  const data = join(folder, 'data')
  const passwords = join(folder, 'password')
  writeFileSync(passwords, PASSWORD, { mode: 0o644 })
  run(
    'initdb',
    '-D',
    data,
    '-U',
    USER,
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    `--pwfile=${passwords}`,
    '-N',
  )
  if (access !== undefined) appendFileSync(join(data, 'pg_hba.conf'), `${access}\n`)
  const port = await freePort()
  const settings = `-c listen_addresses=${host} -c port=${port} -c unix_socket_directories=${folder} -c fsync=off -c max_connections=200`
  const start = () => run('pg_ctl', '-D', data, '-l', join(folder, 'log'), '-w', '-o', settings, 'start')
  start()
  let databases = 0
  let running = true
  const stop = (how: 'fast' | 'immediate' = 'immediate') => {
    if (running) run('pg_ctl', '-D', data, '-m', how, '-w', 'stop')
    running = false
  }
  return {
    port,
    get pid() {
      return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    },
    database() {
      const name = `studies_${++databases}`
      run('createdb', '-h', folder, '-p', String(port), '-U', USER, name)
      return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@${host}:${port}/${name}`
    },
    stop,
    start() {
      start()
      running = true
    },
    close() {
      stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function binaries(): string {
  const versions = '/usr/lib/postgresql'
  const found = [
    ...(existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []),
    ...(process.env['PATH'] ?? '').split(':'),
  ].find((folder) => existsSync(join(folder, 'initdb')))
  if (found === undefined) throw new Error('these tests need a PostgreSQL server: apt-get install postgresql')
  return found
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
