/** `openai-compatible:https://…`, and what a slip of the finger makes of it: `htp://…`, `https:/…`, `//…`. */
const ADDRESS = /^((?:[^:/@?#]+:)?)([a-z][a-z0-9+.-]*:\/{1,3}|\/\/)(.*)$/is
/** Without a scheme: `openai-compatible:me:secret@host/v1`. */
const LOOSE = /^((?!gguf:|table:)[^:/@?#]+:)()(.*(?:@.*[/:#?]|\?).*)$/is

/**
 * The name of a model as it may be shown, stored and compared: an address without its user, password and query, which
 * may hold keys. A mistyped address loses them, too. Other names stay as they are.
 *
 * @example
 * publicModelName('openai-compatible:https://me:secret@host/v1?key=abc#name') // 'openai-compatible:https://host/v1#name'
 * publicModelName('openai-compatible:htp://me:secret@host/v1?key=abc#name') // 'openai-compatible:htp://host/v1#name'
 */
export function publicModelName(specification: string): string {
  const [, prefix = '', scheme = '', address] = ADDRESS.exec(specification) ?? LOOSE.exec(specification) ?? []
  if (address === undefined) return specification
  const [, url = '', name = ''] = /^([^#]*)(.*)$/s.exec(address) ?? []
  if (/^https?:\/\/$/i.test(scheme) && URL.canParse(scheme + url)) {
    // Up to the last @ before the path: a password may hold one, too.
    return prefix + scheme + withoutQuery(url.replace(/^[^/?]*@/, '')) + withoutQuery(name)
  }
  // Where the address is none, a password may hold anything.
  const [, host = '', rest = ''] = /^([^#]*)(.*)$/s.exec(address.slice(address.lastIndexOf('@') + 1)) ?? []
  return prefix + scheme + withoutQuery(host) + withoutQuery(rest)
}

function withoutQuery(text: string): string {
  const at = text.indexOf('?')
  return at < 0 ? text : text.slice(0, at)
}
