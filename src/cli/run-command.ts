import { pathToFileURL } from 'node:url'
import type { SearchProgress } from '../engine/search.ts'
import { InvalidInputError, KrigeError } from '../errors.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import type { TextModel } from '../evaluation/text-model.ts'
import type { Plan } from '../run/plan.ts'
import { isPostgres } from '../store/postgres/address.ts'
import type { Store } from '../store/store.ts'
import type { Budget } from '../study/ledger.ts'
import type { StudyState } from '../study/state.ts'
import type { Task } from '../task/task.ts'
import type { WorkerDispatch } from '../worker/dispatch.ts'
import { listenForInterrupts } from './interrupts.ts'
import { type LiveView, openBrowser } from './live-view.ts'
import { localRunTime } from './local-run-time.ts'
import { mayWrite, openEstimator, openModels, openTaskBackend } from './open-run.ts'
import { openTaskEmbedder } from './open-task-embedder.ts'
import { openReplay } from './replay-table.ts'
import { commandLine } from './run-again.ts'
import type { RunFlags } from './run-flags.ts'
import { openTelemetry } from './telemetry.ts'
import { jsonLine } from './terminal.ts'
import { storeAddress } from './with-store.ts'

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
  const checkPolicyHere = () =>
    checkPolicy(flags.policy ?? (task.metric.name === 'pairwise-judge' ? 'comparison' : 'krige'), flags.policyOptions)
  // A study that has begun goes on with its own policy: the settings may be of that one.
  const dependsOnStudy = flags.policy === undefined && flags.policyOptions !== undefined && !flags.dryRun
  if (!dependsOnStudy) await checkPolicyHere()

  const secondsHere = (plan: Plan) => (replay ? undefined : localRunTime(task, plan.cost, flags.threads))
  if (flags.dryRun) {
    await checkSources(flags)
    const { makePlan } = await import('../run/plan.ts')
    const { estimator, close, notice, missing } = await openEstimator(task, flags, replay)
    try {
      const { createGenerating } = await import('../run/proposing.ts')
      // What a plan asks of proposers is only whether they call a model.
      const writes = mayWrite(task, replay)
        ? createGenerating({ task, priceOf, isAsked: task.model !== undefined || task.generator !== undefined })
        : undefined
      const made = makePlan(task, estimator, priceOf, writes?.proposers)
      const plan = { ...made, warnings: [...made.warnings, ...missing] }
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
    const name = flags.study ?? task.name
    const begun = async () => (await store.list()).some((study) => study.name === name && study.length > 0)
    if (dependsOnStudy && !(await begun())) await checkPolicyHere()
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
    const { createAnswerRedactor, createRedactor } = await import('../evaluation/secrets.ts')
    const redact = createAnswerRedactor(process.env)
    const generation = opened.isWritten
      ? createGenerating({ task, priceOf, ...(generator ? { generator } : {}), redact })
      : undefined
    live = flags.open ? await (await import('./live-view.ts')).createLiveView(store, interrupt.stop) : undefined
    const timer = createTimer()
    let announcedPlan: Plan | undefined
    let state: (() => StudyState) | undefined
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
      command: createRedactor(process.env)(commandLine(taskFile, flags, name)),
      ...(flags.study === undefined ? {} : { name: flags.study }),
      ...(flags.policy === undefined ? {} : { policy: flags.policy }),
      ...(flags.policyOptions === undefined ? {} : { policyOptions: flags.policyOptions }),
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
      ...(flags.storeText === undefined ? {} : { storeText: flags.storeText }),
      ...(live ? { hold: live.hold } : {}),
      onOpen: (search) => {
        state = () => search.study.state
        live?.onOpen(search)
      },
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
        : text.resultText(finished, announcedPlan!.exhaustive, {
            holdout: announcedPlan!.holdoutEvaluations,
            reason: state?.().conclusion?.reason,
            stages: state?.().config.stages,
          }),
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
  if (evaluator.batch !== undefined) {
    throw new InvalidInputError('batch: is for one process, and here workers would measure', {
      remedy: 'Pass --no-workers, or leave batch out.',
    })
  }
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

async function checkPolicy(name: string, options: RunFlags['policyOptions']): Promise<void> {
  const { resolvePolicy, STUDY_POLICIES } = await import('../policy/registry.ts')
  resolvePolicy(name, options, STUDY_POLICIES)
}

/** Seconds left in a split, from the pace since it began here. */
function createTimer(): (progress: SearchProgress) => number | undefined {
  let split: string | undefined
  let since = 0
  let from = 0
  return (progress) => {
    if (progress.split !== split) {
      split = progress.split
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
