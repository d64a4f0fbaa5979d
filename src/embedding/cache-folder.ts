import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where models, embeddings and answers are kept: `KRIGE_CACHE`, else `krige` in the user's cache folder.
 *
 * @example
 * cacheFolder({ KRIGE_CACHE: '/data/krige' }) // '/data/krige'
 */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { KRIGE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA, HOME } = environment
  if (KRIGE_CACHE) return KRIGE_CACHE
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'krige')
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'krige', 'cache')
  return join(HOME || homedir(), '.cache', 'krige')
}

/** Where `krige models pull` puts models, and where names are looked up. */
export function modelsFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return join(cacheFolder(environment), 'models')
}
