import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type KrigeError, UnavailableError } from '../../src/errors.ts'
import { type ApiKeyCommand, runApiKeyCommand } from '../../src/evaluation/api-key-command.ts'
import { openTextModel } from '../../src/evaluation/models/open-text-model.ts'
import { answer, startFaultServer } from '../support/fault-server.ts'

const KEY = 'sk-planted-0123456789'
const folder = mkdtempSync(join(tmpdir(), 'krige-key-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const node = (script: string) => [process.execPath, '-e', script]

async function refusal(command: ApiKeyCommand, timeout = 20_000): Promise<KrigeError> {
  try {
    await runApiKeyCommand(command, { timeout })
  } catch (error) {
    if (error instanceof UnavailableError) return error
    throw error
  }
  throw new Error('the key was accepted')
}

describe('runApiKeyCommand', () => {
  it('takes what a list prints, without white space and without a shell', async () => {
    const key = await runApiKeyCommand(node(`console.log('  ${KEY}\\n')`))
    expect(key.reveal()).toBe(KEY)
    const literal = await runApiKeyCommand([...node('console.log(process.argv[1])'), '$HOME;`id`'])
    expect(literal.reveal()).toBe('$HOME;`id`')
  })

  it('runs a text in the shell, in the folder of the task, with the environment it was given', async () => {
    const read = `"${process.execPath}" -p "require('fs').readFileSync('key.txt','utf8')+process.env.SUFFIX"`
    writeFileSync(join(folder, 'key.txt'), KEY)
    const environment = { ...process.env, SUFFIX: '-x' }
    expect((await runApiKeyCommand(read, { folder, environment })).reveal()).toBe(`${KEY}-x`)
  })

  it.each<[string, readonly string[], RegExp]>([
    ['fails', node(`console.log('${KEY}'); console.error('${KEY}'); process.exit(3)`), /exit code 3/],
    ['prints nothing', node(''), /printed nothing/],
    ['prints two words', node(`console.log('the key is ${KEY}')`), /more than one word/],
    ['prints a flood', node(`setInterval(() => process.stdout.write('${KEY}'.repeat(999)), 1)`), /more than a key/],
    ['does not exist', ['krige-no-such-program', KEY], /krige-no-such-program.*ENOENT/],
  ])('%s: a clear refusal that shows nothing of it', async (_, command, message) => {
    const error = await refusal(command)
    expect(error.message).toMatch(message)
    expect(JSON.stringify([error.message, error.remedy, error.stack, error.cause ?? null])).not.toContain('planted')
  })

  it('is not waited for forever', async () => {
    expect((await refusal(node('setInterval(() => 0, 1000)'), 300)).message).toMatch(/longer than 0\.3 s/)
  })
})

describe('a model with an apiKeyCommand', () => {
  it('sends the key, asks for it once, and goes past the environment', async () => {
    const counter = join(folder, 'runs')
    const server = await startFaultServer([answer(`Your key is ${KEY}.`)])
    const model = await openTextModel(server.model, {
      modelsFolder: folder,
      environment: { ...process.env, KRIGE_API_KEY: 'sk-another-0123456789' },
      settings: {
        apiKeyCommand: node(`require('fs').appendFileSync(${JSON.stringify(counter)}, 'x'); console.log('${KEY}')`),
      },
    })
    const request = { prompt: 'Hello', sampling: { temperature: 0, maxOutputTokens: 8 } }
    const generations = await Promise.all([model.generate(request), model.generate(request)])
    await model.close()
    await server.close()
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`])
    expect(generations[0]).toMatchObject({ kind: 'text', text: 'Your key is [secret].' })
    expect(readFileSync(counter, 'utf8')).toBe('x')
  })

  it('does not ask for it when only tokens are counted', async () => {
    const model = await openTextModel('openai-compatible:http://127.0.0.1:9/v1#test', {
      modelsFolder: folder,
      environment: {},
      settings: { apiKeyCommand: ['krige-no-such-program'] },
      withoutKeys: true,
    })
    expect(model.countTokens('Hello')).toBeGreaterThan(0)
    await model.close()
  })
})
