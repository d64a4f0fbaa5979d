import { join, resolve } from 'node:path'
import type { ResponseCache } from '../evaluation/response-cache.ts'
import { isPostgres } from '../store/postgres/address.ts'
import { cacheFolder } from './cache-folder.ts'

const cacheFile = () => join(cacheFolder(process.env), 'responses.sqlite')
const ownerOf = (location: string, study: string) => `${isPostgres(location) ? location : resolve(location)}#${study}`

/** The answers this user has paid for before, shared by all studies; what this study uses is noted as its own. */
export async function openResponseCache(
  storeLocation: string,
  study: string,
  onNotice: (notice: string) => void,
): Promise<ResponseCache> {
  const { openSqliteResponseCache } = await import('../evaluation/sqlite-response-cache.ts')
  return openSqliteResponseCache({ file: cacheFile(), owner: ownerOf(storeLocation, study), onNotice })
}

/** Removes the answers a study used. Returns how many. */
export async function forgetStudyResponses(storeLocation: string, study: string): Promise<number> {
  const { forgetResponses } = await import('../evaluation/sqlite-response-cache.ts')
  return forgetResponses(cacheFile(), ownerOf(storeLocation, study))
}
