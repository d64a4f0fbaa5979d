import type { Command } from 'commander'

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('Print the JSON Schema of task files, for editors.')
    .addHelpText(
      'after',
      `
krige init writes it beside the task. An editor that knows it from the first line of a task completes and checks keys:
  # yaml-language-server: $schema=task.schema.json

Examples:
  $ krige schema > task.schema.json`,
    )
    .action(async () => {
      const { schemaText } = await import('../task/task-json-schema.ts')
      process.stdout.write(schemaText())
    })
}
