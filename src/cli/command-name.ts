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
