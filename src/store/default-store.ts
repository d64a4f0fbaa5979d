/**
 * Where studies are kept unless said otherwise: a file below the working directory.
 *
 * @example
 * DEFAULT_STORE // '.krige/studies.db'
 */
export const DEFAULT_STORE = '.krige/studies.db'
