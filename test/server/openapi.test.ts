import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { createBackend } from '../../src/numerics/linalg/index.ts'
import { createServerApp } from '../../src/server/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'

const root = resolve(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))

/** What the API is changes only where somebody means it: `npx vitest run test/server/openapi.test.ts -u` writes the file. */
it('docs/openapi.json is the document that the server serves', async () => {
  const app = createServerApp({ store: createMemoryStore(), backend: createBackend(), version })
  const document = `${JSON.stringify(app.document(), undefined, 2)}\n`
  await app.close()
  await expect(document).toMatchFileSnapshot(resolve(root, 'docs/openapi.json'))
})
