/**
 * Puts text between the markers `<!-- name -->` and `<!-- /name -->` of a document, or leaves a document without them
 * as it is.
 *
 * @example
 * replaceSection('a <!-- x -->old<!-- /x --> b', 'x', 'new') // 'a <!-- x -->\nnew\n<!-- /x --> b'
 */
export function replaceSection(document: string, name: string, content: string): string {
  const open = `<!-- ${name} -->`
  const close = `<!-- /${name} -->`
  const start = document.indexOf(open)
  const end = document.indexOf(close, start)
  if (start < 0 || end < 0) return document
  return `${document.slice(0, start + open.length)}\n${content.trim()}\n${document.slice(end)}`
}
