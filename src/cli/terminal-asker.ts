import { isCancel, select, text } from '@clack/prompts'
import type { Asker } from './ask-init.ts'
import { rawStream } from './terminal.ts'

/** Asks on the terminal, on standard error: standard output is for data. */
export function createTerminalAsker(): Asker {
  const output = rawStream(process.stderr)
  const answer = (value: string | symbol): string | undefined => (isCancel(value) ? undefined : String(value))
  return {
    select: async (message, options) => answer(await select({ message, options: [...options], output })),
    text: async (message, { required, ...rest }) =>
      answer(
        await text({
          message,
          ...rest,
          output,
          ...(required === undefined ? {} : { validate: (value) => (value?.trim() ? undefined : required) }),
        }),
      ),
  }
}
