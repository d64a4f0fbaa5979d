#!/usr/bin/env node
// Kept free of static imports, so that an old Node.js gets one clear line instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`krige needs Node.js 22.18 or newer; this is ${process.versions.node}. See https://nodejs.org\n`)
  process.exit(2)
}
// Compiled code is kept between runs: commands start in half the processor time.
;(await import('node:module')).enableCompileCache()
const { runCli } = await import('./program.ts')
process.exitCode = await runCli(process.argv.slice(2))

export {}
