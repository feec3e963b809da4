/** Which tenants have something open that a sweep has to look at: asked of many in one query, since most have nothing. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Each condition has an index of its own, which is empty while nothing is open. */
const isBusy = (t: string): string =>
  `EXISTS (SELECT FROM ${t}.iasql_run WHERE ended_at IS NULL)
     OR EXISTS (SELECT FROM ${t}.iasql_execution_record WHERE ended_at IS NULL)
     OR EXISTS (SELECT FROM ${t}.iasql_intent WHERE token IS NOT NULL)
     OR EXISTS (SELECT FROM ${t}.iasql_resource WHERE unprojected IS NOT NULL)
     OR EXISTS (SELECT FROM ${t}.iasql_event WHERE body ? 'once' AND body ? 'sealed')`

/** How long what was begun may take until it is there to be seen. */
const margin = "interval '5 minutes'"

export interface Uncertain {
  /** The ids of tenants that something was begun for since they were found to have nothing open. */
  readonly ids: ReadonlySet<string>
  readonly askedAt: string
}

export async function uncertainTenants(db: Queryable): Promise<Uncertain> {
  const [found] = await db.query<{ ids: readonly string[] | null; asked_at: string }>(
    `SELECT jsonb_agg(t.tenant_id) AS ids, clock_timestamp()::text AS asked_at FROM iasql_platform.tenant t
     LEFT JOIN iasql_platform.tenant_usage u ON u.tenant_id = t.tenant_id
     WHERE t.state IN ('active', 'suspended') AND t.database_name = current_database()
       AND (u.clean_at IS NULL OR u.active_at > u.clean_at - ${margin})`,
  )
  return { ids: new Set(found?.ids ?? []), askedAt: found?.asked_at ?? '-infinity' }
}

/** Those that nothing was begun for in the last minutes are passed over until something is. */
export async function noteClean(db: Queryable, ids: readonly string[], askedAt: string): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.tenant_usage AS u (tenant_id, clean_at)
     SELECT t.tenant_id, CAST(:at AS timestamptz) FROM iasql_platform.tenant t
     WHERE t.tenant_id IN (SELECT jsonb_array_elements_text(:ids::jsonb))
       AND t.created_at < CAST(:at AS timestamptz) - ${margin}
     ON CONFLICT (tenant_id) DO UPDATE SET clean_at = excluded.clean_at
     WHERE u.active_at IS NULL OR u.active_at < excluded.clean_at - ${margin}`,
    { ids: JSON.stringify(ids), at: askedAt },
  )
}

/** Before something is begun that no statement of the tenant has asked for. */
export async function noteActive(db: Queryable, { id }: Pick<Tenant, 'id'>): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.tenant_usage (tenant_id, active_at) VALUES (:id, clock_timestamp())
     ON CONFLICT (tenant_id) DO UPDATE SET active_at = excluded.active_at`,
    { id },
  )
}

export async function busyAmong(db: Queryable, tenants: readonly Tenant[]): Promise<ReadonlySet<string>> {
  const asked = tenants.map(({ id, schema }) => `SELECT '${id}' AS id WHERE ${isBusy(schema)}`)
  const rows = await db.query<{ id: string }>(asked.join(' UNION ALL '))
  return new Set(rows.map(({ id }) => id))
}
