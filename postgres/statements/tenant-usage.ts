/** What a tenant uses of what it may: its size when it was measured last, and its statements of the minute. */
import type { Database, Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isAtWork } from './run-insert.ts'

/** Those that have run something since they were measured, the longest ago first. */
export async function tenantsToMeasure(db: Queryable, most: number): Promise<readonly string[]> {
  const rows = await db.query<{ tenant_id: string }>(
    `SELECT u.tenant_id FROM iasql_platform.tenant_usage u JOIN iasql_platform.tenant t USING (tenant_id)
     WHERE t.database_name = current_database() AND u.window_start IS NOT NULL
       AND (u.measured_at IS NULL OR u.window_start + interval '1 minute' > u.measured_at)
     ORDER BY u.measured_at NULLS FIRST LIMIT :most::int`,
    { most },
  )
  return rows.map((row) => row.tenant_id)
}

/**
 * Of all that is in both schemas: tables with their indexes and long values, materialized views, sequences. To ask for a size
 * waits for whoever has the table locked for himself, so of such a one counts what was known of it last.
 */
export async function measureSize(
  db: Database,
  { id, schema, userSchema }: Pick<Tenant, 'id' | 'schema' | 'userSchema'>,
): Promise<void> {
  const isLocked = `EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.mode = 'AccessExclusiveLock'
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
    AND (l.relation = c.oid OR l.relation IN (SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid)))`
  await db.transaction(async (transaction) => {
    // One may be locked in between.
    await transaction.run("SET LOCAL lock_timeout = '1s'")
    await transaction.run(
      `INSERT INTO iasql_platform.tenant_usage AS u (tenant_id, bytes, measured_at)
       SELECT :id, coalesce(sum(CASE WHEN ${isLocked}
           THEN c.relpages::bigint * current_setting('block_size')::bigint
           ELSE pg_catalog.pg_total_relation_size(c.oid) END), 0), clock_timestamp()
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN (:schema, :userSchema) AND c.relkind IN ('r', 'm', 'S')
       ON CONFLICT (tenant_id) DO UPDATE SET bytes = excluded.bytes, measured_at = excluded.measured_at`,
      { id, schema, userSchema },
    )
  })
}

/** What was measured in the cell, for the lists of the directory. */
export async function copySize(cell: Queryable, directory: Queryable, tenantId: string): Promise<void> {
  const [measured] = await cell.query<{ bytes: number | null; at: string | null }>(
    'SELECT bytes, measured_at::text AS at FROM iasql_platform.tenant_usage WHERE tenant_id = :id',
    { id: tenantId },
  )
  if (!measured || measured.bytes === null) return
  await directory.run(
    `INSERT INTO iasql_platform.tenant_usage AS u (tenant_id, bytes, measured_at)
     SELECT t.tenant_id, :bytes::bigint, CAST(:at AS timestamptz) FROM iasql_platform.tenant t WHERE t.tenant_id = :id
     ON CONFLICT (tenant_id) DO UPDATE SET bytes = excluded.bytes, measured_at = excluded.measured_at`,
    { id: tenantId, ...measured },
  )
}

export interface Size {
  readonly bytes: number
  readonly quota: number
}

/** Null where it was not measured yet. */
export async function findSize(db: Queryable, tenantId: string): Promise<Size | undefined> {
  const rows = await db.query<Size>(
    `SELECT u.bytes, t.quota_bytes AS quota FROM iasql_platform.tenant t
     JOIN iasql_platform.tenant_usage u ON u.tenant_id = t.tenant_id
     WHERE t.tenant_id = :id AND u.bytes IS NOT NULL`,
    { id: tenantId },
  )
  return rows[0]
}

export interface Rate {
  /** Of the minute, without those that are added. */
  readonly before: number
  readonly quota: number
  readonly runs_quota: number
}

/** Counts statements that a tenant wants to run, whether or not they may. */
export async function addStatements(
  db: Queryable,
  tenantId: string,
  count: number,
): Promise<Rate | undefined> {
  const isSameMinute = `u.window_start > clock_timestamp() - interval '1 minute'`
  const rows = await db.query<Rate>(
    `WITH used AS (
       INSERT INTO iasql_platform.tenant_usage AS u (tenant_id, window_start, active_at, statements)
       VALUES (:id, clock_timestamp(), clock_timestamp(), :count::bigint)
       ON CONFLICT (tenant_id) DO UPDATE SET active_at = excluded.active_at,
         statements = excluded.statements + CASE WHEN ${isSameMinute} THEN u.statements ELSE 0 END,
         window_start = CASE WHEN ${isSameMinute} THEN u.window_start ELSE excluded.window_start END
       RETURNING u.statements - :count::bigint AS before)
     SELECT used.before, t.quota_statements AS quota, t.quota_runs AS runs_quota
     FROM used, iasql_platform.tenant t WHERE t.tenant_id = :id`,
    { id: tenantId, count },
  )
  return rows[0]
}

/** How many runs of a tenant have not ended. */
export async function countOpenRuns(db: Queryable, { schema: t }: Pick<Tenant, 'schema'>): Promise<number> {
  const [found] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM ${t}.iasql_run r WHERE ${isAtWork('r')}`,
  )
  return found?.count ?? 0
}
