import { join } from 'node:path'
import type { ResponseCache } from '../evaluation/response-cache.ts'
import { cacheFolder } from './cache-folder.ts'

/** The answers this user has paid for before, shared by all studies. */
export async function openResponseCache(onNotice: (notice: string) => void): Promise<ResponseCache> {
  const { openSqliteResponseCache } = await import('../evaluation/sqlite-response-cache.ts')
  return openSqliteResponseCache({ file: join(cacheFolder(process.env), 'responses.sqlite'), onNotice })
}
