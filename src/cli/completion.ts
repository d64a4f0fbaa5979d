/**
 * Completion in the shell: a script per shell, which asks `krige complete` for what may come next.
 *
 * @module
 */
import { Argument, type Command, type Option } from 'commander'

/** Each calls `krige complete -- WORD …`; where nothing is offered the shell completes files. */
const SCRIPTS = {
  bash: `_krige() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$(printf %q "\${line%%$'\\t'*}")")
  done < <(krige complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _krige krige
`,
  zsh: `_krige() {
  local -a offered
  local line
  for line in \${(f)"$(krige complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
    offered+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#offered )); then _describe krige offered; else _files; fi
}
compdef _krige krige
`,
  fish: `function __krige_complete
    set -l current (commandline -ct)
    test -z "$current"; and set current ''
    set -l words (commandline -opc) $current
    set -l offered (krige complete -- $words[2..-1] 2>/dev/null)
    if test (count $offered) -gt 0
        printf '%s\\n' $offered
    else
        __fish_complete_path $current
    end
end
complete -c krige -f -a '(__krige_complete)'
`,
} as const

const EXAMPLES = `
Examples:
  $ source <(krige completion bash)                                   # in ~/.bashrc
  $ source <(krige completion zsh)                                    # in ~/.zshrc, after compinit
  $ krige completion fish > ~/.config/fish/completions/krige.fish`

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('Print a script that completes commands, options and studies in a shell.')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action((shell: keyof typeof SCRIPTS) => void process.stdout.write(SCRIPTS[shell]))
  program
    .command('complete', { hidden: true })
    .description('Print what may come next, one per line, with a description after a tab.')
    .argument('[word...]', 'the words so far; the last is the one to complete')
    .addHelpText('after', '\nExamples:\n  $ krige complete -- run --pol')
    .action(async (words: readonly string[]) => {
      for (const [value, description] of await offersFor(program, words)) {
        process.stdout.write(`${value}\t${description}\n`)
      }
    })
}

type Offer = readonly [value: string, description: string]

/** What may stand in the place of the last word. */
async function offersFor(program: Command, words: readonly string[]): Promise<readonly Offer[]> {
  const current = words.at(-1) ?? ''
  let command = program
  let position = 0
  let waiting: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (waiting) waiting = undefined
    else if (word.startsWith('-')) {
      const option = command.options.find(({ long, short }) => long === word || short === word)
      if (option?.required || option?.optional) waiting = option
    } else {
      const next = command.commands.find((each) => each.name() === word)
      if (next) [command, position] = [next, 0]
      else position++
    }
  }
  const offers = waiting
    ? await valuesOf(waiting.long ?? '', waiting.argChoices)
    : current.startsWith('-')
      ? optionsOf(command)
      : await placesOf(command, position)
  return offers.filter(([value]) => value.startsWith(current))
}

function optionsOf(command: Command): Offer[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }): Offer[] => (long ? [[long, description]] : []))
}

async function placesOf(command: Command, position: number): Promise<Offer[]> {
  if (position === 0 && command.commands.length > 0) {
    return command
      .createHelp()
      .visibleCommands(command)
      .map((each): Offer => [each.name(), each.description()])
  }
  const { registeredArguments } = command
  const argument = registeredArguments[Math.min(position, registeredArguments.length - 1)]
  if (!argument || (position >= registeredArguments.length && !argument.variadic)) return []
  return valuesOf(argument.name(), argument.argChoices)
}

/** The values of an option or an argument, where they can be known; a file is left to the shell. */
async function valuesOf(name: string, choices: readonly string[] | undefined): Promise<Offer[]> {
  if (choices) return choices.map((choice) => [choice, ''])
  if (name === '--policy') {
    const { STUDY_POLICIES } = await import('../policy/registry.ts')
    return STUDY_POLICIES.map(({ name: policy, summary }): Offer => [policy, summary])
  }
  if (!['study', 'study|table', 'a', 'b', '--study', '--warm-start'].includes(name)) return []
  const { withStore } = await import('./with-store.ts')
  // Where there is no store yet, or it cannot be read, there is nothing to offer.
  const studies = await withStore(undefined, (store) => store.list()).catch(() => [])
  return studies.map(({ name }) => [name, 'a stored study'])
}
