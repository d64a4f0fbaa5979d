import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BENCH_POLICIES, METHODS } from '../../../src/bench/methods/registry.ts'
import { ABLATIONS, earlierStudy, LINE_UP, otherModels, TUNING } from '../../../src/bench/prompts/line-up.ts'
import { replaceSection } from '../../../src/bench/prompts/replace-section.ts'
import { reproduce } from '../../../src/bench/prompts/reproduce.ts'
import { readResults } from '../../../src/bench/tables/bench-results.ts'
import { resolvePolicy } from '../../../src/policy/registry.ts'
import { bernoulliRows, tableDocument } from '../tables/small-tables.ts'

describe('the line-up', () => {
  it('holds only policies and settings that exist, each under a label of its own', () => {
    for (const list of [LINE_UP, TUNING, ABLATIONS, otherModels(['x.json']), earlierStudy(['x.json'])]) {
      for (const { policy, options } of list) resolvePolicy(policy, options, BENCH_POLICIES)
      expect(new Set(list.map(({ label }) => label)).size).toBe(list.length)
      expect(list[0]).toEqual({ label: 'krige', policy: 'krige', options: {} })
    }
  })

  it("leaves out none of other people's methods", () => {
    const shown = new Set(LINE_UP.map(({ policy }) => policy))
    expect(METHODS.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([])
  })
})

describe('replaceSection', () => {
  it('replaces what is between the markers and nothing else', () => {
    const text = 'a\n<!-- x -->\nold\n<!-- /x -->\nb <!-- xy --><!-- /xy -->'
    const once = replaceSection(text, 'x', 'new $& $1\n')
    expect(once).toBe('a\n<!-- x -->\nnew $& $1\n<!-- /x -->\nb <!-- xy --><!-- /xy -->')
    expect(replaceSection(once, 'x', 'new $& $1')).toBe(once)
    expect(replaceSection(text, 'z', 'new')).toBe(text)
    expect(replaceSection('<!-- x --> open', 'x', 'new')).toBe('<!-- x --> open')
  })
})

describe('reproduce', () => {
  it('writes runs, text, pictures, pages and the sections of documents', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'krige-reproduce-'))
    const tables = join(directory, 'tables')
    await mkdir(tables)
    const rates = [0.1, 0.3, 0.5, 0.7, 0.9]
    for (const [index, name] of ['one', 'one.b', 'two'].entries()) {
      const described = { task: name.slice(0, 3), model: `m${index}`, holdout: 4 }
      const document = tableDocument(bernoulliRows(rates, 14, index + 1), described)
      await writeFile(join(tables, `${name}.json`), JSON.stringify(document))
    }
    const readme = join(directory, 'README.md')
    await writeFile(readme, '# Title\n<!-- bench:demo -->\n<!-- /bench:demo -->\nend\n')
    const output = join(directory, 'results')
    const settings = {
      tables,
      name: 'demo',
      output,
      documents: [readme, join(directory, 'absent.md')],
      repeats: 1,
      seed: 1,
      embeddingCache: join(directory, 'cache'),
    }
    const [line, ablations, models, studies, tuned] = await reproduce(settings)
    expect(line!.policies).toHaveLength(LINE_UP.length)
    expect(ablations!.policies).toHaveLength(ABLATIONS.length)
    expect(models!.tables).toEqual(['one', 'one.b'])
    expect(studies!.policies).toHaveLength(3)
    expect(tuned!.policies).toHaveLength(TUNING.length)
    for (const name of ['demo', 'demo-ablations', 'demo-models', 'demo-studies', 'demo-tuned']) {
      for (const extension of ['txt', 'svg', 'html']) {
        expect((await readFile(join(output, `${name}.${extension}`), 'utf8')).length).toBeGreaterThan(500)
      }
    }
    const krige = async (file: string) =>
      (await readResults(join(output, file))).runs.filter(({ policy }) => policy === 'krige')
    const played = await krige('demo.json.gz')
    expect(await krige('demo-ablations.json.gz')).toEqual(played)
    expect(await krige('demo-models.json.gz')).toEqual(played.filter(({ table }) => table !== 'two'))
    const text = await readFile(readme, 'utf8')
    expect(text).toMatch(/^# Title\n<!-- bench:demo -->\n3 tables of 2 tasks, 1 repeats, seed 1/)
    expect(text).toContain('| **krige** |')
    expect(text).toContain('| without text |')
    expect(text).toMatch(/\| HbBoPs \(b_min\) \| 0\.\d{3} \(0\.\d{3}\) \|/)
    expect(text).toContain('| warm from an earlier study |')
    expect(text).toMatch(/\| text explains (at least 0\.5|less) \| \d of \d tasks? \| [+−]/)
    expect(text).toContain('On the holdout examples')
    expect(text).toMatch(/<!-- \/bench:demo -->\nend\n$/)
    await reproduce(settings)
    expect(await readFile(readme, 'utf8')).toBe(text)
  }, 60_000)
})
