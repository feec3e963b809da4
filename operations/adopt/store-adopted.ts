/** The row of an adopted resource: the one that a user has inserted under its name, or a new one. */
import { canonicalJson, isObject } from '#engine/columns/canonical-json.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { CloudId } from '#engine/model/cloud.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import { bindRow } from '#postgres/statements/resource-bind.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import { refusal } from '../rpc/refusal.ts'
import { importRows } from '../sync/import-rows.ts'
import type { Adopting } from './adopting.ts'

export interface ToAdopt {
  readonly id: CloudId
  /** In words, for messages. */
  readonly name: string
  readonly observed: Row
  readonly companionOf: number | null
}

export async function storeAdopted(adopting: Adopting, found: ToAdopt): Promise<number> {
  const { ports, tenant, type, place } = adopting
  const asking = await rowAsking(adopting, found.observed)
  if (asking) return await bind(adopting, found, asking)
  const { made, notices } = await importRows(ports.platform, tenant, type, place, [
    {
      cloudId: found.id,
      row: found.observed,
      naturalName: naturalName(type, found.observed),
      companionOf: found.companionOf,
    },
  ])
  const [row] = made
  if (row) return row.row_id
  throw inTheWay(notices[0] ?? `${found.name} cannot become a row`)
}

const inTheWay = (message: string): IasqlError =>
  refusal(
    '23505',
    message,
    'Another row is in the way: rename or delete that one, or run iasql_sync() and look again.',
  )

/** A row of that name that nothing in the cloud stands behind yet; several are nobody's in particular. */
async function rowAsking(
  { ports, tenant, type, place }: Adopting,
  observed: Row,
): Promise<LoadedState | undefined> {
  const name = keyOf(type, observed)
  if (name === null) return undefined
  const states = await loadStates(ports.platform, tenant, type, { kind: 'place', ...place })
  const asking = states.filter(
    ({ desired, resourceId }) => desired !== null && resourceId === null && keyOf(type, desired) === name,
  )
  const [only] = asking
  if (!only || asking.length > 1) return undefined
  if (only.claimedBy === null && !only.isUnsettled) return only
  throw refusal(
    '55P03',
    `row ${only.rowId} of ${type.name}, which asks for it, is being applied`,
    'Adopt it when that has ended: SELECT * FROM iasql_execution.',
  )
}

/** Null when a part of the name is missing; of tags the one called Name. */
function keyOf(type: TableSpec, row: Row): string | null {
  const parts = type.naturalKey.map((column) => {
    const value = row[column] ?? null
    if (type.columns[column]?.equality !== 'tags') return value
    return isObject(value) ? (value.Name ?? null) : null
  })
  return parts.length === 0 || parts.includes(null) ? null : canonicalJson(parts)
}

/** What the user left open is the cloud's to fill; what differs otherwise stays an edit for the next apply. */
async function bind(
  { ports, tenant, type, place }: Adopting,
  found: ToAdopt,
  state: LoadedState,
): Promise<number> {
  const desired = state.desired ?? {}
  const { observed } = found
  const base = Object.fromEntries(
    Object.entries(observed).map(([column, value]): [string, Json] => [
      column,
      (desired[column] ?? null) === null && type.columns[column]?.nature === 'argument' ? null : value,
    ]),
  )
  const { write } = settleRow(type, { desired, base, observed })
  const expected = Object.fromEntries(Object.keys(write).map((name) => [name, desired[name] ?? null]))
  const isBound = await bindRow(ports.platform, tenant, {
    table: type.name,
    rowId: state.rowId,
    place,
    cloudId: found.id,
    naturalName: naturalName(type, observed),
    companionOf: found.companionOf,
    base,
    observed,
    unprojected: { write, expected },
  })
  if (!isBound) throw inTheWay(`${found.name} has got a row meanwhile`)
  await projectOutputs(ports.platform, tenant, type)
  return state.rowId
}
