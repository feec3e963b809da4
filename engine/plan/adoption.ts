/** A planned create whose name the cloud already has becomes an adoption: never silently, never a second one. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { adoptionDelta } from './draft-change.ts'
import type { PlannedChange } from './planned-change.ts'
import { predictCalls } from './predict-calls.ts'

export interface Found {
  readonly cloudId: CloudId
  /** The cloud's row, references as row ids. */
  readonly observed: Row
  readonly desired: Row
}

export function asAdoption(change: PlannedChange, table: TableSpec, found: Found): PlannedChange {
  const delta = adoptionDelta(table, found.desired, found.observed)
  const columns = Object.keys(delta)
  return {
    ...change,
    action: 'adopt',
    cloudId: found.cloudId,
    delta,
    changed: Object.fromEntries(
      columns.map((name) => [name, { from: found.observed[name] ?? null, to: delta[name] ?? null }]),
    ),
    reason: 'the cloud already has one of this name',
    risk: 'takes over',
    calls: predictCalls({ action: 'adopt', delta, desired: found.desired, before: found.observed }, table),
    estimateMs: columns.length > 0 ? table.estimates.updateMs : 0,
  }
}
