import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Where a process id means something: the name of the machine, and on Linux its boot and the namespace of process ids.
 * Two containers may share a name and a file without seeing each other's processes.
 *
 * @example
 * processSpace() === processSpace() // true
 */
export function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${hostname()}#${boot}/${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** The name of the machine alone, for people. */
export function machineOf(space: string): string {
  return space.split('#')[0]!
}

/** Whether a process of this process's own space lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
