import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { KrigeError } from '../../../src/errors.ts'
import { bestMeasuredInFull, loadStream, measuredExamples, readStream } from '../../../src/recording/stream.ts'
import { streamDocument } from './small-streams.ts'

const document = {
  format: 'stream/1',
  task: 't',
  model: 'm',
  examples: 4,
  prompts: [
    { id: 'a', text: 'A' },
    { id: 'b', slots: { instruction: 'B' } },
    { id: 'c', text: 'C' },
  ],
  scores: ['0110', [1, null, 0.5, null], '111-'],
}

function messageFor(change: Record<string, unknown>): string {
  try {
    readStream({ ...document, ...change }, 's', 'dir/s.json')
  } catch (error) {
    if (!KrigeError.isInstance(error)) throw error
    expect(error).toMatchObject({ code: 'invalid-input', where: 'dir/s.json' })
    expect(error.remedy).toBeTruthy()
    return error.message
  }
  throw new Error('nothing was thrown')
}

describe('readStream', () => {
  it('knows which cells were measured, and what there is to match', () => {
    const stream = readStream(document, 's', 's.json')
    expect(stream.cells).toBe(9)
    expect(measuredExamples(stream, 1)).toEqual([0, 2])
    // Prompt c has a better mean, over fewer examples than the run gave others.
    expect(bestMeasuredInFull(stream)).toBe(0.5)
  })

  it.each([
    [{ format: 'table/1' }, 'format'],
    [{ scores: ['0110', '01', '111-'] }, 'scores[1] has 2 cells; expected 4'],
    [{ scores: ['0110'] }, 'scores has 1 rows; expected 3'],
    [{ scores: ['0110', '01x-', '111-'] }, 'scores[1]'],
    [{ scores: ['----', '----', '----'] }, 'no outcome'],
    [{ prompts: [document.prompts[0], document.prompts[0], document.prompts[2]] }, 'expected distinct ids'],
    [{ prompts: [] }, 'prompts'],
    [{ prompts: [{ id: 'a' }, ...document.prompts.slice(1)] }, 'prompts[0]: expected "text" or "slots"'],
    [{ examples: 0 }, 'examples'],
  ])('refuses %j', (change, message) => {
    expect(messageFor(change)).toContain(message)
  })
})

describe('loadStream', () => {
  it('reads plain and compressed files, and says what is wrong with others', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'krige-streams-'))
    const path = join(directory, 'run.7.json.gz')
    await writeFile(path, gzipSync(JSON.stringify(streamDocument())))
    await expect(loadStream(path)).resolves.toMatchObject({ name: 'run.7', examples: 30 })
    await writeFile(path, gzipSync('{').subarray(0, 12))
    await expect(loadStream(path)).rejects.toMatchObject({ code: 'invalid-input', where: path })
    await expect(loadStream(join(directory, 'absent.json'))).rejects.toMatchObject({ code: 'invalid-input' })
  })
})
