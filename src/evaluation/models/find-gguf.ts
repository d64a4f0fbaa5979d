import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { nearest } from '../../check-input.ts'
import { InvalidInputError, UnavailableError } from '../../errors.ts'
import { PULLABLE_MODELS } from './known-names.ts'

export interface GgufReference {
  /** A path, or the name of a model in the models folder. */
  readonly name: string
  readonly format: 'auto' | 'raw' | 'chat'
}

/**
 * Reads what follows `gguf:`. `#raw` shows the model the bare prompt, as base models need; `#chat` insists on the file's
 * chat template.
 *
 * @example
 * parseGgufReference('smollm2-135m-instruct#raw') // { name: 'smollm2-135m-instruct', format: 'raw' }
 */
export function parseGgufReference(written: string): GgufReference {
  const [, name = written, format] = /^(.*?)(?:#(raw|chat))?$/s.exec(written) ?? []
  return { name, format: format === 'raw' || format === 'chat' ? format : 'auto' }
}

/**
 * Finds the file of a model: a path as it is, or a name among the `.gguf` files of the models folder. A quantization
 * suffix may be left out (`smollm2-135m-instruct` finds `SmolLM2-135M-Instruct.Q4_1.gguf`).
 *
 * @param folder - What paths are relative to, before the working directory.
 * @throws InvalidInputError when a path does not exist, a name fits several files, or none and cannot be pulled;
 * UnavailableError when it has to be pulled.
 */
export function findGguf(name: string, modelsFolder: string, folder = '.'): string {
  if (/[/\\]/.test(name) || name.toLowerCase().endsWith('.gguf')) {
    const inFolder = join(modelsFolder, basename(name))
    for (const path of [resolve(folder, name), resolve(name)]) {
      if (existsSync(path) && statSync(path).isFile()) return path
    }
    if (!/[/\\]/.test(name) && existsSync(inFolder)) return inFolder
    throw new InvalidInputError(`model file ${name} does not exist`, {
      remedy: 'Check the path, or run: krige models list',
    })
  }
  const wanted = name.toLowerCase()
  const files = existsSync(modelsFolder) ? readdirSync(modelsFolder).filter((file) => /\.gguf$/i.test(file)) : []
  const stem = (file: string) => file.toLowerCase().replace(/\.gguf$/, '')
  const exact = files.filter((file) => stem(file) === wanted)
  const found =
    exact.length > 0
      ? exact
      : files.filter(
          (file) => /^[.-](i?q\d|f16|f32|bf16)/.test(stem(file).slice(wanted.length)) && stem(file).startsWith(wanted),
        )
  if (found.length === 1) return join(modelsFolder, found[0]!)
  if (found.length > 1) {
    throw new InvalidInputError(`gguf:${name} fits several files: ${found.join(', ')}`, {
      remedy: 'Name one of them whole.',
    })
  }
  const problem = `model gguf:${name} is not on this machine`
  if (PULLABLE_MODELS.includes(wanted)) {
    throw new UnavailableError(problem, {
      remedy: `Run: krige models pull ${wanted}\n  or name a file: gguf:./path/to/model.gguf`,
    })
  }
  const near = nearest([...files.map(stem), ...PULLABLE_MODELS], name)
  throw new InvalidInputError(problem, {
    remedy: [
      ...(near === undefined ? [] : [`Did you mean ${near}?`]),
      ...(files.length === 0 ? [] : [`Here: ${files.map(stem).join(', ')}.`]),
      `krige models pull knows ${PULLABLE_MODELS.join(', ')}. Or name a file: gguf:./path/to/model.gguf`,
    ].join(' '),
  })
}

/** SHA-256 of a file as hexadecimal digits. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
