import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { InvalidInputError } from '../errors.ts'

/** Beside `src` in a checkout and beside `dist` in the package. */
const PAGES = new URL('../../docs/', import.meta.url)

/** `krige help`, `krige help run` and `krige help task-file`: a command's help, or a page of the documentation. */
export function registerHelp(program: Command): void {
  program.helpCommand(false)
  program
    .command('help')
    .description('Show the help of a command, or a page of the documentation.')
    .argument('[topic]', `a command, or one of ${topics().join(', ')}`)
    .addHelpText('after', '\nExamples:\n  $ krige help run\n  $ krige help task-file')
    .action((topic: string | undefined) => {
      const command = program.commands.find((each) => each.name() === topic)
      if (command) command.outputHelp()
      else if (topic === undefined) {
        program.outputHelp()
        process.stdout.write(`\nPages (krige help TOPIC): ${topics().join(', ')}\n`)
      } else process.stdout.write(page(topic))
    })
}

function topics(): string[] {
  if (!existsSync(PAGES)) return []
  return readdirSync(PAGES)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => file.slice(0, -'.md'.length))
    .sort()
}

function page(topic: string): string {
  if (topics().includes(topic)) return readFileSync(new URL(`${topic}.md`, PAGES), 'utf8')
  throw new InvalidInputError(`there is no help on ${topic}`, {
    remedy: `Pages: ${topics().join(', ')}. Commands: krige --help.`,
  })
}
