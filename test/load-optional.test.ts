import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import { loadOptional } from '../src/load-optional.ts'

describe('loading what not everybody installs', () => {
  it('says what to install where a package is missing', async () => {
    const missing = Object.assign(new Error("Cannot find package 'plots'"), { code: 'ERR_MODULE_NOT_FOUND' })
    const loading = loadOptional(() => Promise.reject(missing), 'drawing', 'plots more-plots')
    await expect(loading).rejects.toThrow(UnavailableError)
    await expect(loading).rejects.toMatchObject({
      message: 'drawing needs plots, more-plots, not installed here',
      remedy: 'npm install plots more-plots',
      cause: missing,
    })
  })

  it('passes on what else goes wrong', async () => {
    const broken = new TypeError('a module that is broken')
    await expect(loadOptional(() => Promise.reject(broken), 'drawing', 'plots')).rejects.toBe(broken)
  })
})
