/** A world of rows and cloud objects in memory: what users, PostgreSQL, strangers, a sync and an apply do to it. */
import { type Expression, listExpressions, substitute } from '#engine/expression/expression.ts'
import { decide } from '#engine/merge/decide.ts'
import { keepingExpressions, type PolicyLookup } from '#engine/merge/drift-policy.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import type { Plan } from '#engine/plan/planned-change.ts'
import { type ResourceState, resourceKey, type TableLookup, unqualified } from '#engine/plan/resource.ts'
import { applied, inserted, networks } from './engine-tables.ts'
import { applySteps } from './simulated-apply.ts'
import { SimulatedObjects } from './simulated-objects.ts'

export class SimulatedCloud {
  readonly tables: TableLookup
  readonly rows = new Map<string, ResourceState>()
  readonly objects = new SimulatedObjects()
  policy: PolicyLookup = () => 'track'
  /** In which the planner is given the rows. */
  order: (all: ResourceState[]) => readonly ResourceState[] = (all) => all
  /** What happened, in words. */
  readonly told: string[] = []
  private edits = 1

  constructor(tables: TableLookup = networks) {
    this.tables = tables
  }

  plan(): Plan {
    const resources = this.order([...this.rows.values()])
    return planChanges({ tables: this.tables, resources, policy: this.policy })
  }

  /** Steps that are free at once are taken as `pick` says, whatever the order of the rows. */
  apply(pick: (count: number) => number = () => 0): void {
    this.told.push('apply')
    applySteps(this, pick)
  }

  insert(table: string, rowId: number, row: Row): void {
    const key = resourceKey(table, rowId)
    if (this.rows.has(key)) return
    this.tell('insert', key, row)
    this.rows.set(key, { ...inserted(table, rowId, row), editVersion: ++this.edits })
  }

  /** As a sync brings in what was there before. */
  bring(table: string, rowId: number, row: Row): void {
    const key = resourceKey(table, rowId)
    const id = `${key}.1`
    const resource = applied(table, rowId, row, { cloudId: { id }, resourceId: -rowId })
    this.objects.create({
      id,
      table: this.tableOf(resource),
      place: resource.place,
      row,
      pointsAt: {},
      parent: null,
    })
    this.rows.set(key, resource)
  }

  edit(key: string, change: Row): void {
    const resource = this.rows.get(key)
    if (!resource?.desired) return
    this.tell('edit', key, change)
    const desired = { ...resource.desired, ...change }
    this.rows.set(key, { ...resource, desired, editVersion: ++this.edits })
    this.cascade(resource, desired)
  }

  /** As ON UPDATE CASCADE does for those that refer to the row by a name it had. */
  private cascade({ table, desired: before }: ResourceState, after: Row): void {
    for (const [key, other] of this.rows) {
      const stale = Object.entries(this.tableOf(other).columns).flatMap(([name, { reference }]) => {
        if (!reference || reference.by === 'id' || unqualified(reference.table) !== table) return []
        const isOld =
          other.desired?.[name] === before?.[reference.by] && (other.desired?.[name] ?? null) !== null
        const isRenamed = before?.[reference.by] !== after[reference.by]
        return isOld && isRenamed ? [[name, after[reference.by] ?? null] as const] : []
      })
      if (stale.length > 0) this.edit(key, Object.fromEntries(stale))
    }
  }

  /** Refused where another row still points at this one, as the foreign key does; companions go along. */
  remove(key: string): void {
    const resource = this.rows.get(key)
    if (!resource?.desired) return
    const family = this.companionsOf(resource)
    const leaving = new Set([key, ...family])
    if (this.referrers(leaving).length > 0 || this.isExpressed(leaving)) return
    this.tell('remove', key)
    for (const one of leaving) {
      const state = this.rows.get(one)
      if (state?.desired) this.rows.set(one, { ...state, desired: null, editVersion: ++this.edits })
    }
  }

  /** As ON UPDATE CASCADE does: with everything that refers to it, or not at all. */
  move(key: string, region: string): void {
    const moving = new Set([key])
    for (let size = 0; size !== moving.size; ) {
      size = moving.size
      for (const referrer of this.referrers(moving)) moving.add(referrer)
    }
    const isBound = [...moving].some((one) => this.pointsOf(one).some((target) => !moving.has(target)))
    if (isBound || !this.rows.get(key)?.desired) return
    this.tell(`move to ${region}`, key)
    for (const one of moving) {
      const state = this.rows.get(one)
      if (!state) continue
      const place = { ...state.place, region }
      this.rows.set(one, { ...state, place, editVersion: ++this.edits })
    }
  }

  /** Somebody else changes the cloud, and a read has shown it. */
  drift(key: string, change: Row): void {
    const resource = this.rows.get(key)
    if (!resource?.observed || !resource.cloudId?.id) return
    this.tell('drift', key, change)
    const observed = { ...resource.observed, ...change }
    const { pointsAt } = this.objects.of(resource.cloudId.id)
    this.objects.update(resource.cloudId.id, { row: observed, pointsAt })
    this.rows.set(key, { ...resource, observed })
  }

  /** Somebody else deletes it, and that is proved. */
  drop(key: string): void {
    const resource = this.rows.get(key)
    const id = resource?.observed && resource.cloudId?.id
    if (!resource || !id || resource.companionOf !== null || this.objects.isInUse(id)) return
    const waits = this.referrers(new Set([key])).some((one) => {
      const referrer = this.rows.get(one)
      return !referrer?.observed || referrer.editVersion > referrer.baseVersion
    })
    // AWS would refuse those that are still to be made, or to be pointed here.
    if (waits || this.companionsOf(resource).length > 0) return
    this.tell('drop', key)
    this.objects.delete(id)
    this.rows.set(key, { ...resource, observed: null })
  }

  sync(): void {
    this.told.push('sync')
    for (const [key, resource] of [...this.rows]) {
      const { desired, base, observed, rowId } = resource
      if (!desired || !base) continue
      if (!observed) {
        this.dropRow(key, resource)
        continue
      }
      const states = { desired: this.resolved(resource), base, observed }
      const table = this.tableOf(resource)
      const policy = (column: string) => this.policy(table.name, rowId, column)
      const settled = settleRow(table, states, keepingExpressions(desired, policy))
      this.rows.set(key, { ...resource, base: settled.base, desired: { ...desired, ...settled.write } })
    }
  }

  /** What the row means for the cloud now; an expression about a row that is gone keeps its last value. */
  resolved({ desired, base }: ResourceState): Row {
    const currentValue = ({ table, id, column }: Expression): Json | undefined => {
      const target = this.rows.get(resourceKey(table, id))
      return target?.desired ? (target.observed ?? target.base)?.[column] : undefined
    }
    const entries = Object.entries(desired ?? {}).map(([name, value]): [string, Json] => {
      const isGone = listExpressions(value).some(
        ({ table, id }) => !this.rows.get(resourceKey(table, id))?.desired,
      )
      return [name, isGone ? (base?.[name] ?? null) : substitute(value, currentValue).value]
    })
    return Object.fromEntries(entries)
  }

  tableOf({ table }: Pick<ResourceState, 'table'>): TableSpec {
    const found = this.tables.get(table)
    if (!found) throw new Error(`no table ${table}`)
    return found
  }

  /** Keys of the rows that this row's reference columns name, by id or by name. */
  pointsOf(key: string): readonly string[] {
    const resource = this.rows.get(key)
    if (!resource?.desired) return []
    const { desired } = resource
    return Object.entries(this.tableOf(resource).columns).flatMap(([name, column]) => {
      const value = desired[name] ?? null
      if (!column.reference || value === null) return []
      return this.named(column.reference, value) ?? []
    })
  }

  /** Key of the row that a reference column with this value names. */
  named(reference: { readonly table: string; readonly by: string }, value: Json): string | undefined {
    const table = unqualified(reference.table)
    if (reference.by === 'id') return resourceKey(table, Number(value))
    const rows = [...this.rows.values()].filter((row) => row.table === table)
    const found =
      rows.find(({ desired }) => desired?.[reference.by] === value) ??
      rows.find(({ desired, base }) => !desired && base?.[reference.by] === value)
    return found && resourceKey(table, found.rowId)
  }

  referrers(targets: ReadonlySet<string>): readonly string[] {
    return [...this.rows.keys()].filter(
      (key) => !targets.has(key) && this.pointsOf(key).some((target) => targets.has(target)),
    )
  }

  /** Whether a text or document of a row that stays stands for a value of these. */
  private isExpressed(leaving: ReadonlySet<string>): boolean {
    return [...this.rows].some(
      ([key, { desired }]) =>
        !leaving.has(key) &&
        listExpressions(desired).some(({ table, id }) => leaving.has(resourceKey(table, id))),
    )
  }

  private tell(act: string, key: string, values?: Row): void {
    this.told.push(`${act} ${key} ${values ? JSON.stringify(values) : ''}`)
  }

  private companionsOf({ resourceId }: ResourceState): readonly string[] {
    return [...this.rows].flatMap(([key, row]) =>
      resourceId !== null && row.companionOf === resourceId ? [key, ...this.companionsOf(row)] : [],
    )
  }

  private dropRow(key: string, resource: ResourceState): void {
    const decision = decide(
      'sync',
      {
        desired: true,
        base: true,
        observed: false,
        isEdited: resource.editVersion > resource.baseVersion,
        isCompanion: resource.companionOf !== null,
        isReferenced: this.referrers(new Set([key])).length > 0,
      },
      this.policy(resource.table, resource.rowId, ''),
    )
    if (decision === 'drop') this.rows.delete(key)
  }
}
