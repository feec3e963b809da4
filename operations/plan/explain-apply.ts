/** How an apply would go, before it does: waves, times, and what each step waits for. */
import type { Row } from '#engine/model/json.ts'
import type { Step } from '#engine/order/step.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { Bound, Calls, ScheduledStep } from '#engine/schedule/schedule.ts'
import { simulate } from '#engine/schedule/simulate.ts'
import { bucketsOf } from '#engine/throttle/buckets.ts'
import { leadOperation } from '#engine/throttle/lead-operation.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { callsAtOnce } from '../apply/turns.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import { serviceOf } from '../limits/limited-cloud.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { findAdoptions } from './find-adoptions.ts'
import { choiceNotice } from './left-out.ts'
import { orderWanted, planAll } from './make-plan.ts'
import { type Preview, storePreview } from './preview.ts'
import { findMoved, isToDo, readPreview, refuseMoved, within } from './previewed-plan.ts'

export interface ExplainRequest {
  readonly tenant: Tenant
  readonly actor: string
  /** The preview to explain, less what is left out of it by choice; null: what is planned now, kept as a preview. */
  readonly planId: number | null
  /** As of a preview. */
  readonly connectionId?: string | null | undefined
  readonly signal: AbortSignal
}

interface Explicable {
  readonly tables: InstalledTables
  readonly changes: readonly PlannedChange[]
  readonly steps: readonly Step[]
  readonly changeIdOf: (key: string) => number | null
  readonly notices: readonly string[]
}

export async function explainApply(ports: Ports, request: ExplainRequest): Promise<Preview> {
  const { planId } = request
  const plan = await (planId === null ? planNow(ports, request) : planStored(ports, request, planId))
  const { steps, notices } = plan
  const scheduled = simulate({ steps, callsOf: callsIn(ports, plan), callsAtOnce })
  const changes = new Map(plan.changes.map((change) => [change.key, change]))
  const titles = new Map(steps.map((step) => [step.key, titleOf(step, changes.get(step.change))]))
  return {
    rows: scheduled
      .filter(({ step }) => step.kind !== 'companion')
      .map((one) => rowOf(one, { plan, change: changes.get(one.step.change), titles })),
    notices,
  }
}

/** The keys of buckets are what they are called in explanations. */
function callsIn(ports: Ports, { tables, steps }: Explicable): (step: Step) => Calls | null {
  const accounts = new Set(steps.map((step) => placeOf(ports, step).accountId))
  return (step) => {
    if (isSilent(step)) return null
    const { mapper } = tables.type(step.table)
    const operation = mapper && leadOperation(mapper.operations, step.kind)
    if (!mapper || operation === undefined) return { buckets: [] }
    const { accountId, region } = placeOf(ports, step)
    const account = accounts.size > 1 ? ` of ${accountId}` : ''
    const buckets = bucketsOf(serviceOf(mapper.client), operation).map((spec) => ({
      ...spec,
      key: `${spec.key}${spec.isGlobal ? '' : ` in ${region}`}${account}`,
    }))
    return { buckets }
  }
}

/** Nothing is called for these. */
const isSilent = ({ kind, estimateMs }: Step): boolean =>
  kind === 'forget' || kind === 'companion' || (kind === 'adopt' && estimateMs === 0)

async function planNow(ports: Ports, request: ExplainRequest): Promise<Explicable> {
  const { tables, plan, stored, notices } = await storePreview(ports, { ...request, mine: false })
  const changeIdOf = (key: string) => stored.changeIds.get(key) ?? null
  return { tables, changes: plan.changes, steps: plan.steps, changeIdOf, notices }
}

async function planStored(
  ports: Ports,
  { tenant, signal }: ExplainRequest,
  planId: number,
): Promise<Explicable> {
  const db = ports.platform
  const tables = await loadInstalledTables(ports, tenant)
  const preview = await readPreview(ports, tenant, planId)
  const { states, changes: planned, notices } = await planAll(db, tenant, tables)
  const scope = { ports, db, tenant, tables, states, signal }
  const changes = await findAdoptions(scope, within(preview, planned))
  refuseMoved(preview, await findMoved(ports, tenant, preview, changes))
  const ordered = orderWanted(changes, tables, ({ key }) => isToDo(preview, key))
  const left = new Set(changes.map(({ key }) => key))
  return {
    tables,
    changes: ordered.changes,
    steps: ordered.steps,
    changeIdOf: (key) => preview.changes.get(key)?.change_id ?? null,
    notices: [...notices, ...choiceNotice(preview, (key) => left.has(key))],
  }
}

const titleOf = (step: Step, change: PlannedChange | undefined): string =>
  `${step.kind} ${step.table} ${change?.naturalName ?? ''}`.trim()

interface Told {
  readonly plan: Explicable
  readonly change: PlannedChange | undefined
  readonly titles: ReadonlyMap<string, string>
}

const rowOf = (one: ScheduledStep, { plan, change, titles }: Told): Row => ({
  wave: one.wave,
  change_id: plan.changeIdOf(one.step.change),
  table_name: one.step.table,
  natural_name: change?.naturalName ?? null,
  starts_ms: one.startsMs,
  ends_ms: one.endsMs,
  bound_by: `${one.isCritical ? 'critical path: ' : ''}${boundText(one.bound, titles)}`,
  action: one.step.kind,
})

function boundText(bound: Bound, titles: ReadonlyMap<string, string>): string {
  switch (bound.kind) {
    case 'nothing':
      return 'nothing'
    case 'step':
      return titles.get(bound.after) ?? bound.after
    case 'bucket':
      return `bucket ${bound.bucket}`
    case 'slots':
      return `${callsAtOnce} calls at once`
  }
}
