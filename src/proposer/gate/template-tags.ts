/**
 * What a template engine would fill in or run.
 *
 * @example
 * templateTags('Sort {{input}}{% if x %}') // ['{{input}}', '{% if x %}']
 */
export function templateTags(text: string): readonly string[] {
  return text.match(/\{\{[^{}]*\}\}|\{%.*?%\}/g) ?? []
}
