/** One table read afresh outside an execution: rows come and change by it, none goes. */
import { unqualified } from '#engine/plan/resource.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadPolicy } from '../drift/load-policy.ts'
import { listedIds } from '../external/listed-ids.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { readCloud } from './read-cloud.ts'
import { syncTable } from './sync-table.ts'

export interface ReadRequest {
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly table: string
  /** Of a global table only the account counts, of one of the tenant itself nothing. */
  readonly accountId: string | null
  readonly region: string | null
  readonly signal: AbortSignal
}

export async function readTable(ports: Ports, request: ReadRequest): Promise<void> {
  const { tenant, tables, signal } = request
  const type = tables.type(unqualified(request.table))
  const accountId = type.place === 'tenant' ? null : request.accountId
  const region = type.place === 'regional' ? request.region : null
  const policy = await loadPolicy(ports.platform, tenant)
  const scope = {
    ports,
    db: ports.platform,
    tenant,
    tables,
    signal,
    listed: listedIds(),
    policy,
    confirm: false,
    executionId: null,
  }
  const at = { type, place: { accountId, region } }
  if (type.mapper) await syncTable(scope, at, await readCloud(scope, at))
}
