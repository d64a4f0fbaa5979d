/**
 * What each key of a task file says, in Markdown. The reference in `docs/task-file.md` and the JSON Schema that editors
 * read are made of this and of {@link taskSchema}.
 *
 * @module
 */
import type { taskSchema } from './schema.ts'

interface KeyNote {
  readonly says: string
  /** What holds where the key is absent; nothing where there is nothing to say. */
  readonly byDefault?: string
}

export const KEY_NOTES = {
  name: { says: 'names the study', byDefault: 'the folder' },
  description: { says: 'what the task is, for people and for proposers' },
  examples: {
    says: 'a file (`.jsonl`, `.csv`, `.yaml`, `.json`), or a list of `{"id"?, "input", "expected"?, …}`. Further keys can be named in the template',
    byDefault: 'required',
  },
  split: {
    says: '`{ search, holdout, seed }`: shares (up to 1) or counts',
    byDefault: 'half and half; below 150 examples one third to search, two to hold out; seed 1',
  },
  template: {
    says: "the user's message, with `{{prompt}}` or slots, `{{input}}` and other keys of an example. It is filled once: nothing in a value is expanded again",
    byDefault: 'the prompt, an empty line, the input',
  },
  stages: {
    says: 'a program of several stages, each with its template: see [Programs](programs.md)',
    byDefault: 'none',
  },
  states: {
    says: 'the order of the stages, as a state machine: see [Programs](programs.md)',
    byDefault: 'one after the other',
  },
  start: { says: 'the first state, or how it is chosen', byDefault: 'the first that is written' },
  maxSteps: { says: 'stages that may run for one example' },
  output: { says: 'the output that is scored', byDefault: 'what the last stage writes' },
  promptVariables: {
    says: "`true`: prompts are templates themselves and name `{{input}}` or other keys of an example where they want them. Keys inside an example's values stay text",
    byDefault: '`false`: the template shows the example',
  },
  metric: { says: 'see below', byDefault: 'required without `evaluate`' },
  model: { says: 'see below', byDefault: 'required without `evaluate`' },
  system: {
    says: "the system message, filled as `template` is. `system: '{{prompt}}'` searches system messages; the user's message is then the input. An empty one is not sent",
    byDefault: 'none',
  },
  sampling: { says: '`{ temperature, topP, maxOutputTokens, stop }`', byDefault: "temperature 0; the metric's length" },
  prompts: {
    says: 'a file (`.jsonl`, `.csv`, `.yaml`, `.json`, `.txt`; see below), or a list: texts, `{"id", "text"}` or `{"id", "slots": {…}, "parameters"?}`',
    byDefault: 'none with a baseline: prompts are written',
  },
  baseline: { says: 'what to beat: a text, `{ slots, parameters }`, or `{ id }` of a prompt', byDefault: 'none' },
  parameters: {
    says: '`temperature: { float: [0, 1] }`, `shots: { int: [0, 8] }`, `style: { categorical: [terse, formal] }`. Also `log`, `step`, `when: { parameter, in }`; see below',
    byDefault: 'none',
  },
  proposers: {
    says: 'what writes further prompts: `auto`, `none`, or a list; see below',
    byDefault: '`auto` without `prompts`, else `none`',
  },
  generator: { says: 'the model that writes prompts, named as `model` is', byDefault: '`model`' },
  preserve: { says: 'texts that every written prompt keeps, word for word', byDefault: 'none' },
  budget: {
    says: '`{ evaluations, calls, inputTokens, outputTokens, usd }`. Evaluations and calls are never exceeded, tokens and money only by what a provider charges beyond the worst case',
    byDefault: 'unlimited',
  },
  constraints: {
    says: 'what a prompt has to keep on average: `[{ metric: outputTokens, atMost: 200 }]`, `atLeast` likewise; see below',
    byDefault: 'none',
  },
  embedder: {
    says: '`auto`: Universal Sentence Encoder lite, which comes with Krige and gives the same numbers on every machine. `none`. A sentence transformer by name, such as `all-MiniLM-L6-v2` (run by transformers.js, fetched once; `krige models pull`), or a folder with one',
    byDefault: '`auto`; `krige init` writes `all-MiniLM-L6-v2` where that is on the machine',
  },
  prior: { says: 'what was learned on other tasks: a file that `krige learn` wrote; see below', byDefault: 'none' },
  evaluate: {
    says: "a module that scores a candidate on an example itself: `export default async (candidate, example, context) => score`, or `{ score, metrics, feedback, output }`. `await context.generate(prompt)` asks the model, and is counted. With several stages, `generate({ stage: 'route', prompt })` tells costs and traces apart",
    byDefault: 'none',
  },
  prefer: {
    says: 'which prompt is recommended of those that cannot be told apart from the best: `score` (the best itself), `shorter`, `cheaper` (dollars per answer, else tokens) or `faster`. They are expected within one standard error of the difference and measured on at least half as many examples',
    byDefault: '`score`',
  },
  limits: {
    says: 'what one call of a program, a metric module or an `autoevals` scorer may take: `{ timeout: 300, memory: 1024 }`, in seconds and in megabytes of its process. What takes more fails that cell, with the reason. The module that `evaluate` names may have `calls`, too: of `context.generate` per cell. The plan counts so many',
    byDefault:
      '300 s for a program, 30 s for a metric module, 120 s for `autoevals`; 1,024 MB; any number of calls, planned as 1',
  },
} satisfies Record<Exclude<keyof typeof taskSchema.shape, '$schema'>, KeyNote>
