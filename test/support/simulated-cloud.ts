/** A world of rows and cloud objects in memory: edits, drift, and applies that do exactly what a plan says. */
import { type Expression, listExpressions, substitute } from '#engine/expression/expression.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { orderChanges } from '#engine/order/order-changes.ts'
import type { Step } from '#engine/order/step.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import type { Plan, PlannedChange } from '#engine/plan/planned-change.ts'
import { type ResourceState, resourceKey } from '#engine/plan/resource.ts'
import { inserted, networks } from './engine-tables.ts'

export class SimulatedCloud {
  readonly rows = new Map<string, ResourceState>()
  private made = 0
  private edits = 1

  plan(): Plan {
    return planChanges({ tables: networks, resources: [...this.rows.values()] })
  }

  insert(table: string, rowId: number, row: Row): void {
    const key = resourceKey(table, rowId)
    if (!this.rows.has(key)) this.rows.set(key, { ...inserted(table, rowId, row), editVersion: ++this.edits })
  }

  edit(key: string, change: Row): void {
    const resource = this.rows.get(key)
    if (!resource?.desired) return
    this.rows.set(key, {
      ...resource,
      desired: { ...resource.desired, ...change },
      editVersion: ++this.edits,
    })
  }

  /** Refused where another row still points at this one, as the foreign key does. */
  remove(key: string): void {
    const resource = this.rows.get(key)
    if (!resource?.desired || this.isReferenced(resource)) return
    this.rows.set(key, { ...resource, desired: null, editVersion: ++this.edits })
  }

  /** Somebody else changes the cloud, and a sync has read it. */
  drift(key: string, change: Row): void {
    const resource = this.rows.get(key)
    if (resource?.observed) this.rows.set(key, { ...resource, observed: { ...resource.observed, ...change } })
  }

  sync(): void {
    for (const [key, resource] of this.rows) {
      const { desired, base, observed } = resource
      if (!desired || !base || !observed) continue
      const settled = settleRow(tableOf(resource), { desired: this.resolved(resource), base, observed })
      const write = Object.fromEntries(Object.entries(settled.write))
      this.rows.set(key, { ...resource, base: settled.base, desired: { ...desired, ...write } })
    }
  }

  apply(): void {
    const plan = this.plan()
    for (const { table, rowId, base, write, editVersion } of plan.settlements) {
      const key = resourceKey(table, rowId)
      const resource = this.rows.get(key)
      if (!resource) continue
      if (!base) this.rows.delete(key)
      else {
        const desired = resource.desired && { ...resource.desired, ...write }
        this.rows.set(key, { ...resource, base, desired, baseVersion: editVersion })
      }
    }
    const ordered = orderChanges(plan.changes, networks)
    if (ordered.kind === 'cycle') throw new Error(ordered.message)
    const changes = new Map(plan.changes.map((change) => [change.key, change]))
    for (const step of ordered.steps) {
      const change = changes.get(step.change)
      if (change) this.perform(change, step)
    }
  }

  private perform(change: PlannedChange, step: Step): void {
    const resource = this.rows.get(change.key)
    if (!resource) return
    const desired = this.resolved(resource)
    switch (step.kind) {
      case 'create': {
        const sent = given(without(desired, step.without))
        this.settle(change, resource, { sent, base: {}, observed: this.fresh(resource, sent) })
        return
      }
      case 'update': {
        if (step.clears.length > 0) return
        const names = step.columns ?? Object.keys(change.delta)
        const sent = Object.fromEntries(names.map((name) => [name, desired[name] ?? null]))
        this.settle(change, resource, {
          sent,
          base: resource.base ?? {},
          observed: { ...resource.observed, ...sent },
        })
        return
      }
      case 'delete':
        // The old object of a replaced one leaves no trace in the row.
        if (change.action === 'delete') this.rows.delete(change.key)
        return
      case 'companion':
      case 'forget':
        this.rows.delete(change.key)
        return
      case 'adopt':
        return
    }
  }

  private settle(
    change: PlannedChange,
    resource: ResourceState,
    { sent, base, observed }: { readonly sent: Row; readonly base: Row; readonly observed: Row },
  ): void {
    const desired = this.resolved(resource)
    const settled = settleRow(tableOf(resource), { desired, base: { ...base, ...sent }, observed })
    this.rows.set(change.key, {
      ...resource,
      resourceId: resource.resourceId ?? resource.rowId,
      cloudPlace: resource.place,
      cloudId: resource.cloudId ?? { id: change.key },
      desired: { ...resource.desired, ...settled.write },
      base: settled.base,
      observed,
      baseVersion: change.editVersion,
    })
  }

  /** A new object: what was left open gets AWS's own value, outputs are made. */
  private fresh(resource: ResourceState, sent: Row): Row {
    const id = `made-${++this.made}`
    const columns = Object.entries(tableOf(resource).columns)
    return Object.fromEntries(
      columns.map(([name, column]): [string, Json] => {
        if (column.nature === 'output') return [name, id]
        const given = sent[name] ?? null
        return [name, given === null && column.sqlType === 'integer' ? 30 : given]
      }),
    )
  }

  /** What the row means for the cloud now; an expression about a row that is gone keeps its last value. */
  resolved({ desired, base }: ResourceState): Row {
    const currentValue = ({ table, id, column }: Expression): Json | undefined => {
      const target = this.rows.get(resourceKey(table, id))
      return target?.desired ? target.observed?.[column] : undefined
    }
    const entries = Object.entries(desired ?? {}).map(([name, value]): [string, Json] => {
      const isGone = listExpressions(value).some(
        ({ table, id }) => !this.rows.get(resourceKey(table, id))?.desired,
      )
      return [name, isGone ? (base?.[name] ?? null) : substitute(value, currentValue).value]
    })
    return Object.fromEntries(entries)
  }

  private isReferenced({ table, rowId }: ResourceState): boolean {
    return [...this.rows.values()].some(({ desired, table: other }) => {
      const columns = Object.entries(networks.get(other)?.columns ?? {})
      return columns.some(([name, { reference }]) => {
        return reference?.table === `test.${table}` && desired?.[name] === rowId
      })
    })
  }
}

const without = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))

const given = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

function tableOf({ table }: ResourceState): TableSpec {
  const found = networks.get(table)
  if (!found) throw new Error(`no table ${table}`)
  return found
}
