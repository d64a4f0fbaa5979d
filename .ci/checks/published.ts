/**
 * What is published is well formed (publint), and its types are found and true wherever ESM is (are-the-types-wrong).
 *
 *     node .ci/checks/published.ts FILE.tgz
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { finish } from './finish.ts'

const tarball = readFileSync(process.argv[2]!)
const problems: string[] = []

const { messages, pkg } = await publint({ pack: { tarball: Uint8Array.from(tarball).buffer }, strict: true })
for (const message of messages) {
  // An address goes in with the release, which knows it.
  if (message.code === 'USE_TYPE') continue
  problems.push(`publint: ${formatMessage(message, pkg)}`)
}

const analysis = await checkPackage(createPackageFromTarballData(Uint8Array.from(tarball)))
if (!analysis.types) problems.push('are-the-types-wrong: the package has no types')
else {
  for (const problem of analysis.problems) {
    // ESM only: `require` gets it from Node.js 22.12 on, and resolution as before `exports` is not supported.
    const kind = 'resolutionKind' in problem ? problem.resolutionKind : undefined
    if (problem.kind === 'CJSResolvesToESM' || kind === 'node10') continue
    const where = 'entrypoint' in problem ? problem.entrypoint : 'fileName' in problem ? problem.fileName : ''
    problems.push(`are-the-types-wrong: ${problem.kind} ${where} ${kind ?? ''}`.trim())
  }
}

finish('published package', problems)
