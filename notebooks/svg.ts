/** The method by which a value tells a Jupyter kernel how it is shown; Deno's kernel and ours ask for it. */
const display = Symbol.for('Jupyter.display')

/** A picture that a kernel shows: a method under `Symbol.for('Jupyter.display')` returns the mime bundle. */
export type Shown = Readonly<Record<symbol, () => Record<string, string>>>

/** An SVG document of this size in pixels, on white, so that it can be read on dark pages too. */
export function svg(width: number, height: number, content: string): Shown {
  const document = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#222">
<rect width="${width}" height="${height}" fill="#fff"/>
${content}
</svg>
`
  return { [display]: () => ({ 'image/svg+xml': document }) }
}
