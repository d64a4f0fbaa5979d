import { Command, CommanderError } from 'commander'
import { createRedactor } from '../evaluation/secrets.ts'
import { registerAnswers } from './answers.ts'
import { registerBench } from './bench.ts'
import { asTyped } from './command-name.ts'
import { registerCompletion } from './completion.ts'
import { registerDelete } from './delete.ts'
import { registerDiff } from './diff.ts'
import { registerDoctor } from './doctor.ts'
import { describeError, EXIT_CODES, exitCodeOf } from './exit-code.ts'
import { registerExport } from './export.ts'
import { registerHelp } from './help.ts'
import { registerImport } from './import.ts'
import { registerInit } from './init.ts'
import { registerLearn } from './learn.ts'
import { registerMcp } from './mcp.ts'
import { registerModels } from './models.ts'
import { registerQuickstart } from './quickstart.ts'
import { registerReport } from './report.ts'
import { registerRun } from './run.ts'
import { registerSchema } from './schema.ts'
import { registerServe } from './serve.ts'
import { registerStudies } from './studies.ts'
import { guardTerminal, isGoneReader } from './terminal.ts'
import { packageVersion } from './version.ts'
import { registerWorker } from './worker.ts'

/**
 * Every command file exports one function that adds its command to the program. Heavy modules are imported inside the
 * action, so that `krige --help` stays instant.
 */
const COMMANDS: readonly ((program: Command, policies: readonly string[]) => void)[] = [
  registerQuickstart,
  registerInit,
  registerImport,
  registerRun,
  registerReport,
  registerAnswers,
  registerExport,
  registerStudies,
  registerDiff,
  registerLearn,
  registerDoctor,
  registerDelete,
  registerModels,
  registerServe,
  registerSchema,
  registerMcp,
  registerWorker,
  registerBench,
  registerCompletion,
  registerHelp,
]

const EXAMPLES = `
Examples:
  $ krige init                        # asks what it needs, and writes a task
  $ krige run task.yaml --dry-run     # what it will do and cost
  $ krige run task.yaml --open        # watch it in a browser`

/** Runs the command line and returns the exit code; never calls `process.exit`. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const restore = guardTerminal()
  try {
    return await parse(argv)
  } catch (error) {
    // `krige export study | head` has what it wanted.
    if (isGoneReader(error)) return EXIT_CODES.done
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.badInput
    const hide = createRedactor(process.env)
    const problem = describeError(error, process.env['KRIGE_DEBUG'] === '1')
    process.stderr.write(`krige: ${asTyped(hide(problem), process.env)}\n`)
    return exitCodeOf(error)
  } finally {
    restore()
  }
}

/** The whole command line, for parsing and for tests that look at it. */
export function createProgram(policies: readonly string[] = []): Command {
  const program = new Command('krige')
    .description('Find the best prompt with the fewest LLM calls.')
    .showHelpAfterError('(add --help for usage)')
    .version(packageVersion(), '-v, --version', 'print the version')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  for (const register of COMMANDS) register(program, policies)
  return program
}

/** Only the help of `krige run` lists the policies, and only then are they loaded. */
async function policiesFor(argv: readonly string[]): Promise<readonly string[]> {
  if (!argv.includes('run') || !argv.some((word) => word === 'help' || word === '--help' || word === '-h')) return []
  const { STUDY_POLICIES } = await import('../policy/registry.ts')
  return STUDY_POLICIES.map(({ name }) => name)
}

async function parse(argv: readonly string[]): Promise<number> {
  const program = createProgram(await policiesFor(argv))
  await program.parseAsync([...argv], { from: 'user' })
  return typeof process.exitCode === 'number' ? process.exitCode : EXIT_CODES.done
}
