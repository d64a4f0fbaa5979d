/** The method by which a value tells a Jupyter kernel how it is shown; Deno's kernel and ours ask for it. */
const display = Symbol.for('Jupyter.display')

/** On white, so that a plot can be read on dark pages too. */
export const PLOT_STYLE = {
  background: '#fff',
  color: '#222',
  fontFamily: 'Helvetica, Arial, sans-serif',
  fontSize: '11px',
}

/** A picture that a kernel shows: a method under `Symbol.for('Jupyter.display')` returns the mime bundle. */
export type Shown = Readonly<Record<symbol, () => Record<string, string>>>

/** An SVG document that a kernel shows. */
export function shown(svg: string): Shown {
  return { [display]: () => ({ 'image/svg+xml': svg }) }
}
