import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { viewNames } from '../../../src/features/views.ts'
import { krigeOptionsSchema } from '../../../src/policy/krige/options.ts'

const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8')

it('every setting is on the page of the policy, with its default', () => {
  const [, section] = page.split('## Settings')
  const rows = [...section!.matchAll(/^\| `(\w+)` \| (.*) \| (.*) \|$/gm)]
  expect(rows.map(([, name]) => name)).toEqual(Object.keys(krigeOptionsSchema.shape))
  const defaults = krigeOptionsSchema.parse({}) as Record<string, unknown>
  for (const [, name, , written] of rows) {
    expect(written!.replaceAll('`', ''), name).toBe(
      defaults[name!] === undefined ? 'all but words' : String(defaults[name!]),
    )
  }
  for (const view of viewNames) expect(section).toContain(`\`${view}\``)
})
