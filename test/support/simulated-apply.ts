/** Applies to the simulated world: does exactly what the steps of a plan say, in any order that they allow. */
import { listExpressions } from '#engine/expression/expression.ts'
import { keepingExpressions, type PolicyLookup } from '#engine/merge/drift-policy.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import { usualValues } from '#engine/merge/usual-values.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { orderChanges } from '#engine/order/order-changes.ts'
import type { Step } from '#engine/order/step.ts'
import type { Plan, PlannedChange } from '#engine/plan/planned-change.ts'
import { type ResourceState, resourceKey, type TableLookup, unqualified } from '#engine/plan/resource.ts'
import { applied } from './engine-tables.ts'
import { Circle, refuseRings } from './simulated-circle.ts'
import type { CloudObject, SimulatedObjects } from './simulated-objects.ts'

/** The rows and the cloud that an apply works on. */
interface World {
  readonly tables: TableLookup
  readonly rows: Map<string, ResourceState>
  readonly objects: SimulatedObjects
  readonly policy: PolicyLookup
  plan(): Plan
  resolved(resource: ResourceState): Row
  tableOf(resource: Pick<ResourceState, 'table'>): TableSpec
  named(reference: { readonly table: string; readonly by: string }, value: Json): string | undefined
}

export function applySteps(world: World, pick: (count: number) => number): void {
  const plan = world.plan()
  for (const { table, rowId, base, write, editVersion } of plan.settlements) {
    const key = resourceKey(table, rowId)
    const resource = world.rows.get(key)
    if (!resource) continue
    const desired = resource.desired && { ...resource.desired, ...write }
    if (base) world.rows.set(key, { ...resource, base, desired, baseVersion: editVersion })
    else world.rows.delete(key)
  }
  const ordered = orderChanges(plan.changes, world.tables)
  if (ordered.kind === 'cycle') throw new Circle(ordered.message)
  refuseRings(plan.changes, world.tables)
  const changes = new Map(plan.changes.map((change) => [change.key, change]))
  const left = new Map(ordered.steps.map((step) => [step.key, step]))
  while (left.size > 0) {
    const free = [...left.values()].filter(({ needs }) => needs.every(({ step }) => !left.has(step)))
    const step = free[pick(free.length) % free.length]
    if (!step) throw new Error(`none of ${[...left.keys()].join(', ')} can start`)
    const call = world.tables.get(step.table)?.grouped ? free.filter((other) => isAlike(step, other)) : [step]
    world.objects.together(() => {
      for (const one of call) {
        const change = changes.get(one.change)
        if (change) perform(world, change, one)
        left.delete(one.key)
      }
    })
  }
}

/** Updates of such a table that are due at the same moment share a call. */
const isAlike = (step: Step, other: Step): boolean =>
  step === other || (step.kind === 'update' && other.kind === 'update' && step.table === other.table)

function perform(world: World, change: PlannedChange, step: Step): void {
  const resource = world.rows.get(change.key)
  if (!resource) return
  switch (step.kind) {
    case 'create':
      create(world, change, resource, given(without(world.resolved(resource), step.without)))
      return
    case 'update':
    case 'adopt':
      update(world, change, resource, step)
      return
    case 'delete':
      world.objects.delete(change.cloudId?.id ?? '')
      // The old object of a replaced one leaves no trace in the row.
      if (change.action === 'delete') world.rows.delete(change.key)
      return
    case 'companion':
    case 'forget':
      world.rows.delete(change.key)
      return
  }
}

function create(world: World, change: PlannedChange, resource: ResourceState, all: Row): void {
  const table = world.tableOf(resource)
  const sent = Object.fromEntries(
    Object.entries(all).filter(([name]) => table.columns[name]?.nature === 'argument'),
  )
  const id = newId(world, change.key)
  const observed = fresh(table, sent, id)
  const pointsAt = pointsAtOf(world, resource, sent)
  world.objects.create({ id, table, place: resource.place, row: observed, pointsAt, parent: null })
  settle(world, change, { ...resource, cloudId: { id } }, { sent, base: {}, observed })
  makeCompanions(world, change.key, id)
}

function update(world: World, change: PlannedChange, resource: ResourceState, step: Step): void {
  const desired = world.resolved(resource)
  const names = (step.columns ?? Object.keys(change.delta)).filter((name) => !step.without.includes(name))
  const sent = {
    ...Object.fromEntries(names.map((name) => [name, desired[name] ?? null])),
    ...Object.fromEntries(step.clears.map((name) => [name, null])),
  }
  const id = resource.cloudId?.id ?? change.cloudId?.id ?? ''
  const before = world.objects.of(id)
  const table = world.tableOf(resource)
  const observed = { ...before.row, ...fresh({ ...table, columns: pick(table.columns, sent) }, sent, id) }
  const pointsAt = { ...without(before.pointsAt, Object.keys(sent)), ...pointsAtOf(world, resource, sent) }
  world.objects.update(id, { row: observed, pointsAt })
  if (step.clears.length > 0) return
  // What an adoption does not send was left to the cloud: nothing was agreed on before, and no default is a wish.
  const base = step.kind === 'adopt' ? usualValues(table, desired) : (resource.base ?? {})
  settle(world, change, { ...resource, cloudId: { id } }, { sent, base, observed })
}

/** The cloud ids behind the references of a row; expressions must have values by now. */
function pointsAtOf(world: World, { table }: ResourceState, row: Row): Record<string, string> {
  const points: Record<string, string> = {}
  for (const [name, column] of Object.entries(world.tableOf({ table }).columns)) {
    const value = row[name] ?? null
    if (listExpressions(value).length > 0) throw new Error(`${table}.${name} is sent unresolved`)
    // What could neither be cleared nor made anew, AWS must let go by itself.
    if (!column.reference || value === null || !(column.clearable || column.replaces)) continue
    const key = world.named(column.reference, value)
    points[name] = (key && world.rows.get(key)?.cloudId?.id) ?? `the target of ${table}.${name}`
  }
  return points
}

function settle(
  world: World,
  change: PlannedChange,
  resource: ResourceState,
  { sent, base, observed }: { readonly sent: Row; readonly base: Row; readonly observed: Row },
): void {
  const table = world.tableOf(resource)
  const states = { desired: world.resolved(resource), base: { ...base, ...sent }, observed }
  const isNew = Object.keys(base).length === 0
  // What AWS makes of what was sent is its answer, not drift.
  const policy = (column: string) =>
    isNew || column in sent ? 'track' : world.policy(table.name, resource.rowId, column)
  const settled = settleRow(table, states, keepingExpressions(resource.desired ?? {}, policy))
  world.rows.set(change.key, {
    ...resource,
    resourceId: resource.resourceId ?? resourceIdOf(world, resource),
    cloudPlace: resource.place,
    desired: { ...resource.desired, ...settled.write },
    base: settled.base,
    observed,
    baseVersion: change.editVersion,
  })
}

/**
 * A new object: what was left open gets AWS's own value, unless it is a name to lack it; outputs are made, and text comes
 * back as AWS writes it.
 */
const fresh = ({ columns, naturalKey, nullsAlike }: TableSpec, sent: Row, id: string): Row =>
  Object.fromEntries(
    Object.entries(columns).map(([name, { nature, sqlType, equality }]): [string, Json] => {
      if (nature === 'local') return [name, null]
      if (nature === 'output') return [name, sqlType === 'text' ? id : null]
      const value = sent[name] ?? null
      const isName = nullsAlike === true && naturalKey.includes(name)
      if (value === null) return [name, sqlType === 'integer' && !isName ? 30 : null]
      return [name, equality === 'document' || equality === 'policy' ? JSON.stringify(value) : value]
    }),
  )

function makeCompanions(world: World, parentKey: string, parentId: string): void {
  const parent = world.rows.get(parentKey)
  if (!parent) return
  for (const table of world.tables.values()) {
    const made = table.createdWith.find((one) => unqualified(one.parent) === parent.table)
    if (!made) continue
    const rowId = 100 + parent.rowId
    const key = resourceKey(table.name, rowId)
    const id = newId(world, key)
    const { row, pointsAt } = companionRow(world, table, { via: made.via, parent, parentId }, id)
    world.objects.create({ id, table, place: parent.place, row, pointsAt, parent: parentId })
    const { place, resourceId } = parent
    const known = world.rows.get(key)
    const renewed = { cloudId: { id }, base: row, observed: row, place, cloudPlace: place }
    world.rows.set(
      key,
      known
        ? { ...known, ...renewed, desired: known.desired && row }
        : applied(table.name, rowId, row, {
            ...renewed,
            resourceId: resourceIdOf(world, { table: table.name, rowId }),
            companionOf: resourceId,
          }),
    )
    makeCompanions(world, key, id)
  }
}

interface Birth {
  readonly via: string
  readonly parent: ResourceState
  readonly parentId: string
}

/** References that must be given but are not to the parent follow it: to what was made along with it before. */
function companionRow(
  world: World,
  table: TableSpec,
  { via, parent, parentId }: Birth,
  id: string,
): Pick<CloudObject, 'row' | 'pointsAt'> {
  const row: Record<string, Json> = { ...fresh(table, {}, id), [via]: parent.rowId }
  const pointsAt: Record<string, string> = { [via]: parentId }
  for (const [name, { required, reference }] of Object.entries(table.columns)) {
    if (!required || name === via) continue
    const sibling = reference && world.rows.get(resourceKey(unqualified(reference.table), 100 + parent.rowId))
    row[name] = sibling ? sibling.rowId : 'local'
    if (sibling?.cloudId?.id) pointsAt[name] = sibling.cloudId.id
  }
  return { row, pointsAt }
}

function newId(world: World, key: string): string {
  const last = world.rows.get(key)?.cloudId?.id?.split('.').at(-1) ?? '0'
  return `${key}.${Number(last) + 1}`
}

const resourceIdOf = (world: World, { table, rowId }: Pick<ResourceState, 'table' | 'rowId'>) =>
  [...world.tables.keys()].indexOf(table) * 10_000 + rowId

const without = <Value>(row: Readonly<Record<string, Value>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))

const pick = (columns: Readonly<Record<string, Column>>, row: Row) =>
  Object.fromEntries(Object.entries(columns).filter(([name]) => name in row))

const given = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
