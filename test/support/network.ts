/**
 * Machines on one network: a bridge, and a network namespace for each. Processes in them reach each other by address
 * alone, and a cable can be pulled. Needs Linux, `ip` and the right to use it.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'

export interface Machine {
  readonly address: string
  /** What to put before a command so that it runs there. */
  readonly within: readonly string[]
  /** Pulls the cable, or puts it back. */
  link(state: 'down' | 'up'): void
}

export interface Network<Name extends string> {
  /** Of the machine the bridge belongs to: this one. */
  readonly address: string
  readonly range: string
  readonly machines: Readonly<Record<Name, Machine>>
  close(): void
}

/** @throws Error where namespaces cannot be made; the message says why. */
export function openNetwork<Name extends string>(names: readonly Name[]): Network<Name> {
  const id = process.pid.toString(36)
  const prefix = `10.${freeSecond()}.0`
  const bridge = `krige${id}`
  const ip = (...words: string[]) => {
    try {
      execFileSync('ip', words, { stdio: 'pipe' })
    } catch (error) {
      const said = (error as { stderr?: Buffer }).stderr?.toString().trim()
      throw new Error(`ip ${words.join(' ')}: ${said || (error as Error).message}`)
    }
  }
  const made: string[][] = []
  const close = () => {
    for (const words of made.splice(0).reverse()) {
      try {
        ip(...words)
      } catch {
        // The rest is taken down all the same.
      }
    }
  }
  const add = (namespace: string, address: string): Machine => {
    const cable = `${namespace}-b`
    ip('netns', 'add', namespace)
    made.push(['netns', 'delete', namespace])
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    ip('link', 'set', cable, 'master', bridge, 'up')
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    return {
      address,
      within: ['ip', 'netns', 'exec', namespace],
      link: (state: 'down' | 'up') => ip('link', 'set', cable, state),
    }
  }
  try {
    ip('link', 'add', bridge, 'type', 'bridge')
    made.push(['link', 'delete', bridge])
    ip('address', 'add', `${prefix}.1/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
    const machines = {} as Record<Name, Machine>
    names.forEach((name, k) => {
      machines[name] = add(`kr${id}-${k + 2}`, `${prefix}.${k + 2}`)
    })
    return {
      address: `${prefix}.1`,
      range: `${prefix}.0/24`,
      machines,
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

/** Second part of an address 10.x.0.0 that no interface here has. */
function freeSecond(): number {
  const taken = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? [])
  const isFree = (second: number) => !taken.some((address) => address.startsWith(`10.${second}.`))
  return Array.from({ length: 150 }, (_, k) => 83 + k).find(isFree) ?? 83
}
