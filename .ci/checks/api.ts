/**
 * The public names and types of every entry point, as kept under docs/api: a change is seen in review.
 *
 *     node .ci/checks/api.ts [--write]
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { finish } from './finish.ts'

const root = join(import.meta.dirname, '../..')
const reportFolder = join(root, 'docs/api')
const temporary = mkdtempSync(join(tmpdir(), 'krige-api-'))
const isWriting = process.argv.includes('--write')
mkdirSync(reportFolder, { recursive: true })

const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string> }
const silent = { default: { logLevel: ExtractorLogLevel.None } }
const entryPoints = Object.entries(exports)
  .filter(([, file]) => file.endsWith('.js'))
  .map(([name, file]) => ({
    name: `krige${name.slice(1)}`,
    report: name === '.' ? 'krige' : name.slice(2),
    declarations: join(root, file.replace(/js$/, 'd.ts')),
  }))
const files = entryPoints.map(({ declarations }) => declarations)
const configs = entryPoints.map(({ report, declarations }) =>
  ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      compiler: { overrideTsconfig: { compilerOptions, files } },
      apiReport: { enabled: true, reportFolder, reportTempFolder: temporary, reportFileName: report },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  }),
)
const compilerState = CompilerState.create(configs[0]!, { additionalEntryPoints: files })

const problems: string[] = []
for (const [index, { name, report }] of entryPoints.entries()) {
  const { succeeded, apiReportChanged } = Extractor.invoke(configs[index]!, {
    compilerState,
    localBuild: isWriting,
    messageCallback: (message) => {
      message.handled = message.logLevel !== 'error'
    },
  })
  if (apiReportChanged && !isWriting) problems.push(`${name} is not what docs/api/${report}.api.md says`)
  else if (!succeeded) problems.push(`${name}: its declarations do not compile`)
}
rmSync(temporary, { recursive: true })
finish('public API', problems, 'If the change is meant: npm run build && npm run api -- --write')
