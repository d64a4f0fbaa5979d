import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = resolve(import.meta.dirname, '../src')

interface Declaration {
  readonly name: string
  readonly docstring: string
}

/** The docstring of every value a module exports, through its re-exports. */
function exportsOf(file: string): Declaration[] {
  const text = readFileSync(file, 'utf8')
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\} from '([^']+)'/gm)].filter(([, type]) => !type)
  return lists.flatMap(([, , list, from]) =>
    list!
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && !item.startsWith('type '))
      .map((item) => declarationOf(item.split(' as ')[0]!, resolve(dirname(file), from!))),
  )
}

function declarationOf(name: string, file: string): Declaration {
  const text = readFileSync(file, 'utf8')
  const declaration = new RegExp(`^export (?:async )?(?:abstract )?(?:function\\*?|const|class) ${name}\\b`, 'm').exec(
    text,
  )
  if (declaration) {
    const before = text.slice(0, declaration.index)
    const docstring = before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/**')) : ''
    return { name, docstring }
  }
  const found = exportsOf(file).find((exported) => exported.name === name)
  if (!found) throw new Error(`${name} is not declared in ${file}, nor exported from elsewhere there`)
  return found
}

describe.each(['index.ts', 'testing/index.ts', 'surrogate/neural/index.ts'])('every value exported from %s', (file) => {
  const found = exportsOf(join(source, file))

  it('is found', () => expect(found.length).toBeGreaterThan(3))

  it('has a docstring with an example', () => {
    expect(found.filter(({ docstring }) => !docstring.includes('@example')).map(({ name }) => name)).toEqual([])
  })
})
