/**
 * What `krige` is called where a command of the user's was typed: in a checkout it is a script of npm.
 *
 * @example
 * commandName({ npm_lifecycle_event: 'krige' }) // 'npm run krige --'
 * commandName({ npm_command: 'exec' }) // 'npx krige'
 * commandName({}) // 'krige'
 */
export function commandName(environment: Readonly<Record<string, string | undefined>>): string {
  const { npm_lifecycle_event: script, npm_command: command } = environment
  if (command === 'exec') return 'npx krige'
  return script === 'krige' ? 'npm run krige --' : 'krige'
}

const COMMAND =
  /\bkrige (?=(?:answers|bench|completion|delete|diff|doctor|export|help|import|init|learn|mcp|models|quickstart|report|run|schema|serve|studies|worker)\b)/g

/**
 * Advice that names commands, with `krige` called as the user called it.
 *
 * @example
 * asTyped('Run: krige models list', { npm_command: 'exec' }) // 'Run: npx krige models list'
 */
export function asTyped(advice: string, environment: Readonly<Record<string, string | undefined>>): string {
  return advice.replace(COMMAND, `${commandName(environment)} `)
}
