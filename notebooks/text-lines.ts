/** The format stores a text whole or as its lines. */
export const joined = (value: string | readonly string[]): string =>
  typeof value === 'string' ? value : value.join('')

/** A text as lines that keep their breaks, which is what Jupyter writes: such files can be compared line by line. */
export const lines = (value: string): string[] => value.split(/(?<=\n)/)
