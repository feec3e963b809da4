/** What drifted and nobody knows yet by whom, and what was found out about that. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { fitting, inPages } from './paging.ts'

export interface UnknownAuthor {
  readonly resource_id: number
  readonly column_name: string
  readonly cloud_id: CloudId
  readonly natural_name: string | null
  readonly arn: string | null
  readonly since: string
}

/** Trails are late: what nobody was found for is asked about again for so long. */
const lateness = "interval '1 hour'"
const mostColumns = 200

export async function unknownAuthors(
  db: Queryable,
  { schema: t }: Tenant,
  { accountId, region }: RowPlace,
): Promise<readonly UnknownAuthor[]> {
  return await db.query<UnknownAuthor>(
    fitting(`SELECT row_number() OVER (ORDER BY d.since, r.resource_id, d.key) AS sort, r.resource_id, d.key AS column_name,
       r.cloud_id, r.natural_name, coalesce(r.observed->>'arn', r.base->>'arn') AS arn, d.since
     FROM ${t}.iasql_resource r
     CROSS JOIN LATERAL (SELECT c.key, (c.value->>'since')::timestamptz AS since FROM jsonb_each(r.drift) c) d
     LEFT JOIN ${t}.iasql_drift_author a ON a.resource_id = r.resource_id AND a.column_name = d.key
     WHERE r.drift IS NOT NULL AND r.cloud_id IS NOT NULL
       AND r.account_id IS NOT DISTINCT FROM :account::text AND r.region IS NOT DISTINCT FROM :region::text
       AND (a.asked_at IS NULL OR a.asked_at < d.since OR a.changed_by IS NULL AND a.asked_at < d.since + ${lateness})
     ORDER BY sort LIMIT ${mostColumns}`),
    { account: accountId, region },
  )
}

export interface Authorship {
  readonly resource_id: number
  readonly column_name: string
  /** Null: the trail names nobody, so far. */
  readonly changed_by: string | null
}

export async function storeAuthors(
  db: Queryable,
  { schema: t }: Tenant,
  authors: readonly Authorship[],
): Promise<void> {
  for (const page of inPages(authors)) {
    await db.run(
      `INSERT INTO ${t}.iasql_drift_author AS known (resource_id, column_name, changed_by)
       SELECT n.resource_id, n.column_name, n.changed_by
       FROM jsonb_to_recordset(:authors::jsonb) AS n (resource_id bigint, column_name text, changed_by text)
       JOIN ${t}.iasql_resource r ON r.resource_id = n.resource_id
       ON CONFLICT (resource_id, column_name) DO UPDATE SET changed_by = excluded.changed_by, asked_at = excluded.asked_at`,
      { authors: JSON.stringify(page) },
    )
  }
}
