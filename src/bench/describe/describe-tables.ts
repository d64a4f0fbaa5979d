import { openBackend } from '../../numerics/linalg/index.ts'
import { candidateText } from '../../prompt/candidate.ts'
import { loadTable } from '../../recording/load-table.ts'
import { pinnedEmbeddings } from '../tables/pinned-embeddings.ts'
import { describeTable, type TableDescription } from './describe-table.ts'

/**
 * What the tables in these files are like, in the order of the files; texts by the embedder of all benches.
 *
 * @param cacheDirectory Where embeddings are kept.
 * @throws KrigeError if a file is no table.
 * @example
 * const [tickets] = await describeTables(['tickets.json'], { cacheDirectory: 'embeddings' })
 * tickets?.parts.prompt // ≈ 0.396
 */
export async function describeTables(
  files: readonly string[],
  { cacheDirectory, onTable }: { readonly cacheDirectory: string; readonly onTable?: (name: string) => void },
): Promise<readonly TableDescription[]> {
  const backend = await openBackend()
  const descriptions: TableDescription[] = []
  for (const file of files) {
    const table = await loadTable(file)
    const texts = table.prompts.map(candidateText)
    const embeddings = await pinnedEmbeddings(texts, { cacheDirectory })
    const pool = table.prompts.map((candidate, index) => ({ candidate, embedding: embeddings.get(texts[index]!)! }))
    descriptions.push(describeTable(table, pool, backend))
    onTable?.(table.name)
  }
  return descriptions
}
