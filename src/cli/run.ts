import { pathToFileURL } from 'node:url'
import { type Command, Option } from 'commander'
import type { SearchProgress } from '../engine/search.ts'
import { InvalidInputError, KrigeError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import { publicModelName } from '../evaluation/models/model-name.ts'
import type { TextModel } from '../evaluation/text-model.ts'
import { shellWord } from '../report/shell-word.ts'
import type { Plan } from '../run/plan.ts'
import type { Price } from '../run/prices.ts'
import { isPostgres } from '../store/postgres/address.ts'
import type { Store } from '../store/store.ts'
import type { Budget } from '../study/ledger.ts'
import type { Preference } from '../study/preference.ts'
import type { Task } from '../task/task.ts'
import type { WorkerDispatch } from '../worker/dispatch.ts'
import { listenForInterrupts } from './interrupts.ts'
import { type LiveView, openBrowser } from './live-view.ts'
import { localRunTime } from './local-run-time.ts'
import { numberOption } from './number-options.ts'
import { mayWrite, openEstimator, openModels, openTaskBackend } from './open-run.ts'
import { openTaskEmbedder } from './open-task-embedder.ts'
import { openReplay } from './replay-table.ts'
import type { RunFlags } from './run-flags.ts'
import { openTelemetry } from './telemetry.ts'
import { jsonLine } from './terminal.ts'
import { STORE_OPTION, storeAddress } from './with-store.ts'

const PREFERENCES: readonly Preference[] = ['score', 'shorter', 'cheaper', 'faster']

const EXAMPLES = `
Interrupted or killed? The same command resumes where it stopped; nothing that was received is paid for twice.
A larger budget continues a study that is complete.

With --store postgres://… the cells are measured by "krige worker" processes, on any machines; --no-workers measures here.

With KRIGE_OTEL=1 there are OpenTelemetry spans, without texts, for the SDK that NODE_OPTIONS="--import FILE" registers.

Exit codes: 0 done, 1 failed, 2 bad input, 3 budget too small, 130 interrupted.

Examples:
  $ krige run task.yaml --dry-run
  $ krige run task.yaml --open
  $ krige run task.yaml --seed 2 --study triage-2 --json > result.json`

/** @param policies Names of the policies, for the help. */
export function registerRun(program: Command, policies: readonly string[]): void {
  const count = (name: string) => numberOption(name, { integer: true, minimum: 0 })
  program
    .command('run')
    .description('Search for the best prompt of a task within its budget, and compare it with the baseline.')
    .argument('<task.yaml>', 'the task')
    .option('--study <name>', 'name of the study (default: the name of the task)')
    .option(...STORE_OPTION)
    .option(
      '--policy <name>',
      `how to choose what to measure${policies.length > 0 ? `: ${policies.join(', ')}` : ''} (default: krige)`,
    )
    .addOption(
      new Option('--seed <n>', 'seed of every random choice (default: 1)').argParser(
        numberOption('--seed', { integer: true }),
      ),
    )
    .addOption(
      new Option('--warm-start <study|table>', 'learn from an earlier study or a recorded table; repeatable')
        .argParser((value: string, earlier: readonly string[]) => [...earlier, value])
        .default([], 'none'),
    )
    .option('--prior <file>', 'file that krige learn wrote, instead of the prior of the task')
    .addOption(
      new Option('--prefer <what>', 'of prompts that cannot be told apart from the best, recommend the …').choices(
        PREFERENCES,
      ),
    )
    .option('--dry-run', 'check the task, print the plan and what it costs, and stop')
    .option('--json', 'print the result (or the plan) as one JSON object')
    .option('--open', 'watch it in a browser while it runs: pause, stop, try a prompt of your own')
    .option('--report <file>', 'where the HTML report goes (default: beside the store)')
    .option('--model <model>', 'instead of the model the task names; table:FILE replays a recorded table')
    .addOption(new Option('--price <input,output>', 'dollars per million tokens of the model').argParser(readPrice))
    .addOption(new Option('--evaluations <n>', 'instead of budget.evaluations').argParser(count('--evaluations')))
    .addOption(new Option('--calls <n>', 'instead of budget.calls').argParser(count('--calls')))
    .addOption(new Option('--usd <amount>', 'instead of budget.usd').argParser(numberOption('--usd', { minimum: 0 })))
    .addOption(
      new Option('--concurrency <n>', 'evaluations in flight').argParser(
        numberOption('--concurrency', { integer: true, minimum: 1 }),
      ),
    )
    .addOption(
      new Option(
        '--requests-per-minute <n>',
        'rate limit of the server (default: discovered from 429 responses)',
      ).argParser(numberOption('--requests-per-minute', { above: 0 })),
    )
    .addOption(
      new Option('--tokens-per-minute <n>', 'rate limit in tokens of the server, input and output together').argParser(
        numberOption('--tokens-per-minute', { above: 0 }),
      ),
    )
    .addOption(
      new Option('--threads <n>', 'processor threads of a local model').argParser(
        numberOption('--threads', { integer: true, minimum: 1 }),
      ),
    )
    .option('--no-workers', 'measure here, also where the store is in PostgreSQL')
    .option('--no-cache', 'ask the model again for answers that were paid for before')
    .option('--no-store-text', 'keep hashes instead of prompts in the log and the report, and no answers')
    .option('--backend <name>', 'numeric backend (default: KRIGE_BACKEND, else the fastest)')
    .option('--allow-outside', 'let the task name files outside its folder')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

/** @throws InvalidInputError when what the run would start from cannot be read. */
async function checkSources({ prior, warmStart, store: address }: RunFlags): Promise<void> {
  if (prior !== undefined) (await import('../task/read-prior.ts')).readPriorFile(prior)
  if (warmStart.length === 0) return
  const [{ openStore }, { openEarlierStudy }] = await Promise.all([
    import('../store/open-store.ts'),
    import('./warm-start.ts'),
  ])
  const store = await openStore(storeAddress(address))
  try {
    for (const source of warmStart) await openEarlierStudy(source, store)
  } finally {
    await store.close()
  }
}

/** Runs a task file as `krige run` does. */
export async function run(taskFile: string, flags: RunFlags): Promise<void> {
  const [{ loadTask }, { createPriceList }, text] = await Promise.all([
    import('../task/load-task.ts'),
    import('../run/prices.ts'),
    import('./run-text.ts'),
  ])
  const loaded = loadTask(taskFile, {
    allowOutside: flags.allowOutside ?? false,
    ...(flags.model === undefined ? {} : { overrides: { model: flags.model } }),
  })
  const replay = await openReplay(loaded, flags.model !== undefined)
  const task: Task = {
    ...(replay?.task ?? loaded),
    budget: budgetOf(loaded.budget, flags),
    ...(flags.prefer === undefined ? {} : { prefer: flags.prefer }),
  }
  const priceOf = createPriceList(flags.price)
  if (flags.policy !== undefined) await checkPolicyName(flags.policy)

  const secondsHere = (plan: Plan) => (replay ? undefined : localRunTime(task, plan.cost, flags.threads))
  if (flags.dryRun) {
    await checkSources(flags)
    const { makePlan } = await import('../run/plan.ts')
    const { estimator, close, notice } = await openEstimator(task, flags, replay)
    try {
      const { createGenerating } = await import('../run/proposing.ts')
      // What a plan asks of proposers is only whether they call a model.
      const writes = mayWrite(task, replay)
        ? createGenerating({ task, priceOf, isAsked: task.model !== undefined || task.generator !== undefined })
        : undefined
      const plan = makePlan(task, estimator, priceOf, writes?.proposers)
      if (notice !== undefined) process.stderr.write(`${notice}\n`)
      const localSeconds = secondsHere(plan)
      process.stdout.write(
        flags.json
          ? jsonLine({ task: task.name, plan, ...(localSeconds === undefined ? {} : { localSeconds }) })
          : text.planText(plan, localSeconds),
      )
    } finally {
      await close()
    }
    return
  }

  const [{ openStore }, { runTask }, reports, { createRunProgress }, { openEarlierStudy }, { readPriorFile }] =
    await Promise.all([
      import('../store/open-store.ts'),
      import('../run/run-task.ts'),
      import('./report-file.ts'),
      import('./progress-table.ts'),
      import('./warm-start.ts'),
      import('../task/read-prior.ts'),
    ])
  const interrupt = listenForInterrupts('Stopping; Ctrl-C again to stop at once. Either way the study can be resumed.')
  const address = storeAddress(flags.store)
  const store = await openStore(address)
  const progress = createRunProgress(process.stderr, process.env)
  const traced = await openTelemetry(process.env)
  let evaluator: Evaluator | undefined
  let generator: TextModel | undefined
  let live: LiveView | undefined
  let dispatcher: WorkerDispatch | undefined
  try {
    const priors = []
    const prior = flags.prior === undefined ? undefined : readPriorFile(flags.prior)
    for (const source of flags.warmStart) priors.push(await openEarlierStudy(source, store))
    const opened = await openModels(task, flags, replay, traced?.telemetry)
    evaluator = opened.evaluator
    generator = opened.generator
    if (isPostgres(address) && flags.workers !== false && !replay) {
      dispatcher = await dispatchTo(address, { store, task, evaluator, flags })
    }
    const { createGenerating } = await import('../run/proposing.ts')
    const { createRedactor } = await import('../evaluation/secrets.ts')
    const generation = opened.isWritten
      ? createGenerating({ task, priceOf, ...(generator ? { generator } : {}), redact: createRedactor(process.env) })
      : undefined
    live = flags.open ? await (await import('./live-view.ts')).createLiveView(store, interrupt.stop) : undefined
    const timer = createTimer()
    let announcedPlan: Plan | undefined
    const announced = new Set<string>()
    const result = await runTask({
      task,
      evaluator: dispatcher?.evaluator ?? evaluator,
      embedder: (recorded) => openTaskEmbedder(task, recorded),
      backend: (recorded) => openTaskBackend(flags, recorded),
      store: dispatcher?.store ?? store,
      priceOf,
      priors,
      ...(prior ? { prior } : {}),
      ...(dispatcher ? { concurrency: dispatcher.room } : {}),
      ...(generation ? { generation } : {}),
      signal: interrupt.signal,
      ...(traced ? { telemetry: traced.telemetry } : {}),
      command: createRedactor(process.env)(commandLine(taskFile, flags, flags.study ?? task.name)),
      ...(flags.study === undefined ? {} : { name: flags.study }),
      ...(flags.policy === undefined ? {} : { policy: flags.policy }),
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
      ...(flags.storeText === undefined ? {} : { storeText: flags.storeText }),
      ...(live ? { hold: live.hold, onOpen: live.onOpen } : {}),
      onNotice: (notice) => process.stderr.write(`${notice}\n`),
      onPlan: (plan, resumed) => {
        announcedPlan = plan
        for (const warning of plan.warnings) announced.add(warning)
        const localSeconds = secondsHere(plan)
        process.stderr.write(`${resumed ? 'Resuming. ' : ''}${text.planText(plan, localSeconds)}`)
      },
      onProgress: (now) => {
        progress.show(now, text.progressText(now, now.best, timer(now)))
      },
    })
    progress.end()
    const path = flags.report ?? reports.defaultReportPath(store, result.study)
    let report: string | null = null
    const warnings = [...result.warnings]
    try {
      report = await reports.writeReport(store, result.study, path)
    } catch (error) {
      // The search is done and stored; a report can be written again.
      if (!KrigeError.isInstance(error)) throw error
      warnings.push(`No report: ${error.message}`)
    }
    if (live && !live.isOpen && report !== null) openBrowser(pathToFileURL(report).href)
    const finished = { ...result, warnings, report }
    for (const warning of warnings) {
      if (!announced.has(warning)) process.stderr.write(`Warning: ${warning}\n`)
    }
    process.stdout.write(
      flags.json
        ? jsonLine(finished)
        : text.resultText(finished, announcedPlan!.exhaustive, announcedPlan!.holdoutEvaluations),
    )
  } finally {
    progress.end()
    await live?.close()
    interrupt.close()
    await dispatcher?.close()
    await evaluator?.close()
    await generator?.close()
    await traced?.flush()
    await store.close()
  }
}

/** Has workers measure; says when there is none. */
async function dispatchTo(
  address: string,
  { store, task, evaluator, flags }: { store: Store; task: Task; evaluator: Evaluator; flags: RunFlags },
): Promise<WorkerDispatch> {
  const { dispatchToWorkers } = await import('../worker/dispatch.ts')
  const requestsPerMinute = flags.requestsPerMinute ?? task.modelSettings?.requestsPerMinute
  const tokensPerMinute = flags.tokensPerMinute ?? task.modelSettings?.tokensPerMinute
  return dispatchToWorkers({
    address,
    store,
    study: flags.study ?? task.name,
    task,
    evaluator,
    limits: {
      ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
      ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
    },
    onWorkers: (workers) => {
      const notice =
        workers === 0
          ? 'Waiting for workers. Start some, here or elsewhere: krige worker --store with the same address'
          : `${workers} ${workers === 1 ? 'worker' : 'workers'}.`
      process.stderr.write(`${notice}\n`)
    },
  })
}

async function checkPolicyName(name: string): Promise<void> {
  const { resolvePolicy, STUDY_POLICIES } = await import('../policy/registry.ts')
  resolvePolicy(name, {}, STUDY_POLICIES)
}

/** Seconds left in a stage, from the pace since it began here. */
function createTimer(): (progress: SearchProgress) => number | undefined {
  let stage: string | undefined
  let since = 0
  let from = 0
  return (progress) => {
    if (progress.stage !== stage) {
      stage = progress.stage
      since = Date.now()
      from = progress.evaluations
    }
    const done = progress.evaluations - from
    if (done < 5 || !Number.isFinite(progress.evaluationBudget)) return undefined
    return ((progress.evaluationBudget - progress.evaluations) * (Date.now() - since)) / done / 1000
  }
}

function budgetOf(budget: Budget, flags: RunFlags): Budget {
  return {
    ...budget,
    ...(flags.evaluations === undefined ? {} : { evaluations: flags.evaluations }),
    ...(flags.calls === undefined ? {} : { calls: flags.calls }),
    ...(flags.usd === undefined ? {} : { usd: flags.usd }),
  }
}

function readPrice(written: string): Price {
  const [input, output, ...rest] = written.split(',').map(numberOption('--price', { minimum: 0 }))
  if (input === undefined || output === undefined || rest.length > 0) {
    throw new InvalidInputError(`--price is "${written}"; expected two numbers, such as 0.15,0.60`)
  }
  return { input, output }
}

/** A table has no answers of prompts that are written now, and a judge of pairs compares what there is. */
/** How to do the same again. */
function commandLine(taskFile: string, flags: RunFlags, study: string): string {
  const words = ['krige', 'run', taskFile, '--study', `${study}-again`]
  for (const [name, value] of [
    ['policy', flags.policy],
    ['seed', flags.seed],
    ['model', flags.model && publicModelName(flags.model)],
    ['evaluations', flags.evaluations],
    ['calls', flags.calls],
    ['usd', flags.usd],
    ['price', flags.price && `${flags.price.input},${flags.price.output}`],
    ['backend', flags.backend],
  ] as const) {
    if (value !== undefined) words.push(`--${name}`, String(value))
  }
  for (const source of flags.warmStart) words.push('--warm-start', source)
  if (flags.prefer !== undefined) words.push('--prefer', flags.prefer)
  if (flags.prior !== undefined) words.push('--prior', flags.prior)
  if (flags.allowOutside) words.push('--allow-outside')
  return words.map(shellWord).join(' ')
}
