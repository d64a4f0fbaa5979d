/**
 * The studies as tools of the Model Context Protocol. Each tool is one path of the HTTP face: same schemas, same answers.
 *
 * @module
 */
import { fileURLToPath } from 'node:url'
import { z } from '@hono/zod-openapi'
import { McpServer, type McpServerFactory } from '@modelcontextprotocol/server'
import { loadSkills } from '@modelcontextprotocol/server/ext/skills/node'
import * as schemas from './schemas.ts'

/** Answers a request of the HTTP face. */
export type Answer = (request: Request) => Response | Promise<Response>

interface Tool {
  readonly name: string
  readonly description: string
  readonly input: z.ZodObject
  /** Default: the answer is text. */
  readonly output?: z.ZodObject
  readonly method: 'GET' | 'POST'
  readonly path: (study: string) => string
  /** What the tool does to a study. @defaultValue 'changes' */
  readonly effect?: 'reads' | 'changes'
}

const study = schemas.studyInput.shape.name.describe('Name of the study.')

const onStudy = <Shape extends z.ZodRawShape>(body?: z.ZodObject<Shape>) =>
  z.strictObject({ study, ...(body?.shape as Shape) })

const TOOLS: readonly Tool[] = [
  {
    name: 'create_study',
    description:
      'Create a study: a pool of prompts (or a space of parameters) to find the best of, on so many examples. Take up the one of that name if it is the same.',
    input: schemas.studyInput,
    output: schemas.studyOut,
    method: 'POST',
    path: () => '/studies',
  },
  {
    name: 'list_studies',
    description: 'The stored studies.',
    input: z.strictObject({}),
    output: schemas.studies,
    method: 'GET',
    path: () => '/studies',
    effect: 'reads',
  },
  {
    name: 'add_candidates',
    description: 'Add prompts to the pool of a study. A text that it has already is found, not added again.',
    input: onStudy(schemas.candidatesInput),
    output: schemas.added,
    method: 'POST',
    path: (name) => `/studies/${name}/candidates`,
  },
  {
    name: 'ask',
    description:
      'What to measure next: run the text of each candidate on its examples (numbers from 0), then tell the scores in this order.',
    input: onStudy(schemas.askInput),
    output: schemas.asked,
    method: 'POST',
    path: (name) => `/studies/${name}/ask`,
  },
  {
    name: 'tell',
    description:
      'Tell the scores of actions that were asked for, one per example. A call that failed is null: missing, never 0. Telling the same again counts once.',
    input: onStudy(schemas.tellInput),
    output: schemas.told,
    method: 'POST',
    path: (name) => `/studies/${name}/tell`,
  },
  {
    name: 'pending',
    description:
      'Actions that were asked for and not told, also by who was cut off: measure and tell them, or release them.',
    input: onStudy(),
    output: schemas.pending,
    method: 'GET',
    path: (name) => `/studies/${name}/pending`,
    effect: 'reads',
  },
  {
    name: 'release',
    description:
      'Give back an action that will not be measured; it costs nothing, and its cells may be asked for again.',
    input: onStudy(schemas.releaseInput),
    output: schemas.accepted,
    method: 'POST',
    path: (name) => `/studies/${name}/release`,
  },
  {
    name: 'observe',
    description: 'Tell scores of candidates that were measured without being asked for.',
    input: onStudy(schemas.observeInput),
    output: schemas.observed,
    method: 'POST',
    path: (name) => `/studies/${name}/observe`,
  },
  {
    name: 'rank',
    description: 'Order prompts, measured or not, by how much trying each is worth, best first. Costs nothing.',
    input: onStudy(schemas.textsInput),
    output: schemas.ranked,
    method: 'POST',
    path: (name) => `/studies/${name}/rank`,
    effect: 'reads',
  },
  {
    name: 'predict',
    description: 'What prompts, measured or not, are expected to score. Costs nothing.',
    input: onStudy(schemas.textsInput),
    output: schemas.predicted,
    method: 'POST',
    path: (name) => `/studies/${name}/predict`,
    effect: 'reads',
  },
  {
    name: 'explain',
    description:
      'What speaks for a candidate: its outcomes, its text without them, and measured prompts that read alike.',
    input: onStudy(schemas.explainInput),
    output: schemas.explained,
    method: 'POST',
    path: (name) => `/studies/${name}/explain`,
    effect: 'reads',
  },
  {
    name: 'best',
    description: 'The best candidate so far, its score with an interval, and the probability that it is the best.',
    input: onStudy(),
    output: schemas.best,
    method: 'GET',
    path: (name) => `/studies/${name}/best`,
    effect: 'reads',
  },
  {
    name: 'conclude',
    description:
      'End the search: is the best really better than the baseline? Where holdoutCount is not 0 it first asks for winner and baseline on held-out examples: measure and tell them, then call it again for the verdict.',
    input: onStudy(schemas.concludeInput),
    output: schemas.concluded,
    method: 'POST',
    path: (name) => `/studies/${name}/conclude`,
  },
  {
    name: 'report',
    description: 'The report of a study as Markdown: prompts by score, spending; once it is concluded, the verdict.',
    input: onStudy(),
    method: 'GET',
    path: (name) => `/studies/${name}/report?format=md`,
    effect: 'reads',
  },
]

const INSTRUCTIONS =
  'Krige finds the best prompt with the fewest model calls. create_study, then ask, measure what it asks for yourself, tell the scores; repeat until status is done; then conclude, best or report. Where status is wait, tell or release what is pending.'

/**
 * What makes a server of the Model Context Protocol per connection, over the studies of an HTTP face. Its skill says how
 * to work with it.
 *
 * @example
 * const app = createServerApp({ store: createMemoryStore(), backend, version: '1' })
 * const servers = await mcpServers(app.fetch, '1')
 * servers // for serveStdio or createMcpHandler of @modelcontextprotocol/server
 */
export async function mcpServers(answer: Answer, version: string): Promise<McpServerFactory> {
  // Beside src in a checkout, beside dist where it is installed.
  const skills = await loadSkills(fileURLToPath(new URL('../../skills', import.meta.url)))
  return () => {
    const server = new McpServer({ name: 'krige', version }, { instructions: INSTRUCTIONS })
    skills.attach(server)
    for (const tool of TOOLS) addTool(server, tool, answer)
    return server
  }
}

function addTool(server: McpServer, tool: Tool, answer: Answer): void {
  const { name, description, input, output, method, path, effect = 'changes' } = tool
  const annotations = { readOnlyHint: effect === 'reads', destructiveHint: false, openWorldHint: false }
  const config = { description, inputSchema: input, annotations, ...(output ? { outputSchema: output } : {}) }
  server.registerTool(name, config, async (given: Record<string, unknown>) => {
    const { study = '', ...body } = given
    const response = await answer(
      new Request(`http://localhost${path(encodeURIComponent(String(study)))}`, {
        method,
        headers: { 'Content-Type': 'application/json' },
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
      }),
    )
    const text = await response.text()
    if (!response.ok) return { isError: true, content: [{ type: 'text', text: refusal(text) }] }
    const content = [{ type: 'text' as const, text }]
    return output ? { content, structuredContent: JSON.parse(text) } : { content }
  })
}

function refusal(body: string): string {
  const { message, remedy } = schemas.errorBody.parse(JSON.parse(body)).error
  return remedy === undefined ? message : `${message}\n${remedy}`
}
