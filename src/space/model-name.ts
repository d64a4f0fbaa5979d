/**
 * The name of a model as it may be shown, stored and compared: an address without its user, password and query, which
 * may hold keys. Other names stay as they are.
 *
 * @example
 * publicModelName('openai-compatible:https://me:secret@host/v1?key=abc#name') // 'openai-compatible:https://host/v1#name'
 */
export function publicModelName(specification: string): string {
  const [, scheme, address] = /^([a-z][a-z-]*:)?(https?:\/\/.*)$/is.exec(specification) ?? []
  if (address === undefined) return specification
  const hash = address.indexOf('#')
  const [url, name] = hash < 0 ? [address, ''] : [address.slice(0, hash), address.slice(hash)]
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  // Up to the last @ before the path: a password may hold one, too.
  return `${scheme ?? ''}${path.replace(/^(https?:\/\/)[^/]*@/i, '$1')}${name}`
}
