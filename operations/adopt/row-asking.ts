/** The row that asks for a resource of the cloud by its name. */
import { canonicalJson, isObject } from '#engine/columns/canonical-json.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import type { Adopting } from './adopting.ts'
import { beingApplied } from './refusals.ts'

/** A row of that name that nothing in the cloud stands behind yet; several are nobody's in particular. */
export async function rowAsking(
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
  throw beingApplied(type, only.rowId)
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
