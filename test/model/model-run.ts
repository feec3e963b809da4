/** One tenant taken through the steps of a script, with what is remembered of it to judge by. */
import type { Row } from '#engine/model/json.ts'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import type { Cloud, Log } from '#operations/ports.ts'
import { openSimulatedLab, type SimulatedLab } from '#test/support/simulated/lab.ts'
import { callerOf, connectSessions } from './caller.ts'
import { checkAll } from './check.ts'
import { comeToRest } from './rest.ts'
import { revertOne } from './sessions.ts'
import type { Step } from './step.ts'
import { Stranger } from './stranger.ts'
import { Users } from './user.ts'
import { Workers } from './workers.ts'
import type { ModelRun, Violation } from './world.ts'

export interface RunOptions {
  readonly seed: number
  /** Breaks the product on purpose. */
  readonly wrapCloud?: (cloud: Cloud) => Cloud
  readonly log?: Log
}

const quiet: Log = () => undefined

export async function openModelRun({ seed, wrapCloud, log = quiet }: RunOptions): Promise<ModelRun> {
  const lab = await openSimulatedLab({ seed, pageSize: 7, log, ...(wrapCloud ? { wrapCloud } : {}) })
  const workers = new Workers(lab)
  await workers.next().call('iasql_install', [['sim', 'shapes']])
  await connectSessions(lab)
  return {
    lab,
    workers,
    users: new Users(lab),
    stranger: new Stranger(lab),
    bindings: new Map(),
    last: undefined,
    lastRestMs: lab.clock.nowMs,
    seenEdits: 0,
    interventions: 0,
    excused: new Set(),
    judged: new Set(),
    shown: new Map(),
  }
}

/** Violations are found at rest. */
export async function perform(run: ModelRun, step: Step): Promise<readonly Violation[]> {
  const { lab, users, stranger, workers } = run
  switch (step.act) {
    case 'edit':
      await users.transact(step)
      break
    case 'begin':
    case 'commit':
    case 'rollback':
      workers.begin((worker) => worker.call(`iasql_${step.act}`, undefined, callerOf(step.session)))
      break
    case 'revert':
      workers.begin((worker) => revertOne(run, worker, step))
      break
    case 'apply':
      workers.begin((worker) => worker.call('iasql_apply', [null, false, step.isWaiting, step.claimed]))
      break
    case 'previewed':
      workers.begin(async (worker) => {
        const [line] = await worker.call('iasql_preview')
        await worker.ports.clock.sleep(step.afterMs)
        if (line) await worker.call('iasql_apply', [line.plan_id ?? null, false, true, 'wait'])
      })
      break
    case 'sync':
      workers.begin((worker) => worker.call('iasql_sync'))
      break
    case 'request':
      workers.begin(async (worker) => {
        const [made] = await worker.call('vault_request', [step.name])
        if (made) run.shown.set(String(made.value), step.name)
      })
      break
    case 'cancel':
      workers.begin(async ({ ports }) => {
        const id = await newestExecution(lab)
        if (id !== undefined) await cancelExecution(ports, lab.tenant, String(id))
      })
      break
    case 'crash':
      if (step.sole) await workers.restart()
      else workers.dieSoon(step.requests)
      break
    case 'weather':
      lab.cloud.forecast.weather = step.weather
      break
    case 'make':
      stranger.make(step.kind, step.slot, step.number)
      break
    case 'change':
      stranger.change(step.kind, step.slot, step.number)
      break
    case 'remove':
      stranger.remove(step.kind, step.slot)
      break
    case 'rest': {
      const stuck = await comeToRest(run)
      return stuck.length > 0 ? stuck : await checkAll(run)
    }
  }
  if (step.thenMs > 0) await lab.clock.sleep(step.thenMs)
  return []
}

async function newestExecution({ platform, tenant }: SimulatedLab): Promise<number | undefined> {
  const rows = await platform.query<Row>(
    `SELECT execution_id FROM ${tenant.schema}.iasql_execution_record WHERE ended_at IS NULL ORDER BY 1 DESC LIMIT 1`,
  )
  const id = rows[0]?.execution_id
  return typeof id === 'number' ? id : undefined
}
