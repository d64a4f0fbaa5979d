// Deletes what a checkout installs and never loads: binaries for other machines, builds for browsers, command-line tools.
// `npm ci` runs it (as part of `prepare`); it takes no other package's code away.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const modules = resolve(import.meta.dirname, '../node_modules')
const { platform, arch } = process

/** Names in a folder, none where it is not there. */
const namesIn = (...path) => {
  const folder = join(modules, ...path)
  return existsSync(folder) ? readdirSync(folder) : []
}
const remove = (...path) => rmSync(join(modules, ...path), { recursive: true, force: true })

// Node.js gets transformers.js's build for Node.js, which loads onnxruntime-node.
remove('onnxruntime-web', 'dist')
// AssemblyScript loads the library; the tools beside it are for a shell.
remove('binaryen', 'bin')

for (const version of namesIn('onnxruntime-node', 'bin')) {
  for (const system of namesIn('onnxruntime-node', 'bin', version)) {
    for (const processor of namesIn('onnxruntime-node', 'bin', version, system)) {
      if (system !== platform || processor !== arch) remove('onnxruntime-node', 'bin', version, system, processor)
    }
  }
}

// GPU builds stand aliased to a small one (see "overrides"), which is no better for this machine.
const own = `${{ darwin: 'mac', win32: 'win' }[platform] ?? platform}-${arch}`
for (const build of namesIn('@node-llama-cpp')) {
  const { name } = JSON.parse(readFileSync(join(modules, '@node-llama-cpp', build, 'package.json'), 'utf8'))
  if (!build.startsWith(own) || name !== `@node-llama-cpp/${build}`) remove('@node-llama-cpp', build)
}
