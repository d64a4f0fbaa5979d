const escapeWith = (text: string, write: (letter: string) => string, some = /[^\w]/g) => text.replace(some, write)
const hexOf = (letter: string, digits: number) => letter.codePointAt(0)!.toString(16).padStart(digits, '0')
const bytes = (text: string) => [...Buffer.from(text)]

/** How servers, proxies and languages write a text that they repeat. */
export const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  JSON: (text) => JSON.stringify(text),
  'JSON of PHP': (text) => JSON.stringify(text).replaceAll('/', '\\/'),
  'JSON of .NET': (text) => escapeWith(text, (letter) => `\\u${hexOf(letter, 4).toUpperCase()}`),
  'JSON with every letter escaped': (text) => escapeWith(text, (letter) => `\\u${hexOf(letter, 4)}`, /[\s\S]/g),
  JavaScript: (text) => escapeWith(text, (letter) => `\\x${hexOf(letter, 2)}`),
  'JavaScript with braces': (text) => escapeWith(text, (letter) => `\\u{${hexOf(letter, 1)}}`),
  octal: (text) => escapeWith(text, (letter) => `\\${letter.codePointAt(0)!.toString(8).padStart(3, '0')}`),
  HTML: (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  'HTML, hexadecimal': (text) => escapeWith(text, (letter) => `&#x${hexOf(letter, 2).toUpperCase()};`),
  'HTML, decimal': (text) => escapeWith(text, (letter) => `&#${letter.codePointAt(0)};`),
  'HTML, named': (text) => text.replaceAll('&', '&amp;').replaceAll('/', '&sol;').replaceAll('+', '&plus;'),
  percent: encodeURIComponent,
  'percent, lower case': (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  'percent, every byte': (text) =>
    bytes(text)
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join(''),
  form: (text) => new URLSearchParams({ k: text }).toString().slice(2),
  'quoted-printable': (text) => escapeWith(text, (letter) => `=${hexOf(letter, 2).toUpperCase()}`),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex, upper case, with colons': (text) =>
    bytes(text)
      .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
      .join(':'),
  'array of numbers': (text) => JSON.stringify(bytes(text)),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 after a user': (text) => Buffer.from(`me:${text}`).toString('base64'),
  'base64 of addresses': (text) => Buffer.from(`x${text}`).toString('base64url'),
  'base64 in lines': (text) => Buffer.from(`some header: ${text}`).toString('base64').replace(/.{20}/g, '$&\r\n'),
}
