import { describe, expect, it } from 'vitest'
import { publicModelName } from '../../../src/evaluation/models/model-name.ts'

describe('publicModelName', () => {
  it.each([
    ['gguf:smollm2-135m-instruct', 'gguf:smollm2-135m-instruct'],
    ['openai:gpt-5-mini', 'openai:gpt-5-mini'],
    ['table:./recorded.json', 'table:./recorded.json'],
    ['openai-compatible:http://127.0.0.1:8080/v1#name', 'openai-compatible:http://127.0.0.1:8080/v1#name'],
    ['openai-compatible:https://me:secret@host/v1?key=abc#name', 'openai-compatible:https://host/v1#name'],
    ['openai-compatible:https://token@host/v1#a@b', 'openai-compatible:https://host/v1#a@b'],
    ['openai-compatible:https://me:p@ss@host:8/v1/x@y#n', 'openai-compatible:https://host:8/v1/x@y#n'],
    // What is no model, and is shown because of that, must hide no less.
    ['openai-compatible:https://me:secret@host/v1?key=abc', 'openai-compatible:https://host/v1'],
    ['https://me:secret@host', 'https://host'],
    ['openai-compatible:htp://me:secret@host/v1?key=abc#n', 'openai-compatible:htp://host/v1#n'],
    ['openai-compatible:https:/me:secret@host/v1?key=abc#n', 'openai-compatible:https:/host/v1#n'],
    ['openai-compatible://me:secret@host/v1?key=abc#n', 'openai-compatible://host/v1#n'],
    ['openai-compatible:me:secret@host/v1?key=abc#n', 'openai-compatible:host/v1#n'],
    ['openai-compatible:host/v1?key=abc#n', 'openai-compatible:host/v1#n'],
    ['openai_compatable:htp://me:secret@host/v1?key=abc#n', 'openai_compatable:htp://host/v1#n'],
    ['openai-compatible:https//me:secret@host/v1?key=abc#n', 'openai-compatible:host/v1#n'],
    ['openai-compatible:https://me:sec#ret@host/v1#n', 'openai-compatible:https://host/v1#n'],
    ['openai-compatible:https://me:sec/ret@host/v1#n', 'openai-compatible:https://host/v1#n'],
    ['openai-compatible:https://host/v1#n?key=abc', 'openai-compatible:https://host/v1#n'],
    ['google-vertex:claude-sonnet@20250929', 'google-vertex:claude-sonnet@20250929'],
    ['gguf:./models/@org/x.gguf#raw', 'gguf:./models/@org/x.gguf#raw'],
  ])('%s', (written, shown) => {
    expect(publicModelName(written)).toBe(shown)
  })
})
