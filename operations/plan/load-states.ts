/** Turns stored resources into the states that decisions compare. */
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { ResourceState, RowPlace } from '#engine/plan/resource.ts'
import type { Database } from '#postgres/database.ts'
import type { Drift } from '#postgres/statements/drift-merge.ts'
import { loadResources, type ResourceRecord } from '#postgres/statements/resource-load.ts'
import type { Selection } from '#postgres/statements/resource-select.ts'
import type { Tenant } from '#postgres/tenant.ts'

export interface LoadedState extends ResourceState {
  readonly claimedBy: number | null
  readonly writtenAt: string | null
  readonly observedVersion: number | null
  /** A create of it was called and nobody knows what became of it. */
  readonly isUnsettled: boolean
  /** What the cloud has otherwise, as it is noted. */
  readonly drift: Drift
}

export async function loadStates(
  db: Database,
  tenant: Tenant,
  table: TableSpec,
  selection: Selection,
): Promise<readonly LoadedState[]> {
  const records = await loadResources(db, tenant, table.name, selection)
  return records
    .filter((record) => record.desired !== null || record.resource_id !== null || record.version !== null)
    .map((record) => stateOf(table, record))
}

function stateOf(table: TableSpec, record: ResourceRecord): LoadedState {
  const cloudPlace = record.resource_id === null ? null : placeOf(record)
  return {
    table: table.name,
    rowId: record.row_id,
    resourceId: record.resource_id,
    place: record.desired ? placeOf(record.desired) : (cloudPlace ?? { accountId: null, region: null }),
    cloudPlace,
    desired: record.desired && declared(table, record.desired),
    base: record.base,
    observed: record.observed,
    cloudId: record.cloud_id,
    companionOf: record.companion_of,
    isExternal: record.external ?? false,
    baseVersion: record.base_version ?? 0,
    editVersion: editVersionOf(record),
    edit:
      record.version === null
        ? null
        : {
            actor: record.actor ?? '',
            at: record.edited_at ?? '',
            companion: record.companion ?? false,
          },
    claimedBy: record.claimed_by,
    writtenAt: record.written_at,
    observedVersion: record.observed_version,
    isUnsettled: record.is_unsettled,
    drift: record.drift ?? {},
  }
}

/** An edit may be committed after others of its row with higher ids are done: it makes a newer version all the same. */
const editVersionOf = ({ version, base_version: base }: ResourceRecord): number =>
  version === null ? (base ?? 0) : Math.max(version, (base ?? 0) + 1)

const placeOf = (row: { readonly account_id?: unknown; readonly region?: unknown }): RowPlace => ({
  accountId: typeof row.account_id === 'string' ? row.account_id : null,
  region: typeof row.region === 'string' ? row.region : null,
})

const declared = (table: TableSpec, row: Row): Row =>
  Object.fromEntries(Object.keys(table.columns).map((column) => [column, row[column] ?? null]))
