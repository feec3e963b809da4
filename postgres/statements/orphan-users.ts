/** What still points at the old half of a replacement says so: the old half goes after it. */
import { unsureKey } from '#engine/merge/unsure.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

const placeOf = (change: string, part: string): string =>
  `coalesce(nullif(${change}.planned->'cloudPlace', 'null'), ${change}.planned->'place')->>'${part}'`

/** The record of the resource that a change began with. */
const isOldHalf = (record: string, change: string): string =>
  `${record}.table_name = ${change}.table_name AND ${record}.cloud_id = ${change}.planned->'cloudId'
     AND ${record}.account_id IS NOT DISTINCT FROM ${placeOf(change, 'accountId')}
     AND ${record}.region IS NOT DISTINCT FROM ${placeOf(change, 'region')}`

const oldSql = (t: string): string => `
  SELECT c.plan_id, c.table_name || '/' || c.row_id AS key, x.row_id AS orphan_id
  FROM ${t}.iasql_change_record c JOIN ${t}.iasql_resource x ON ${isOldHalf('x', 'c')}
  WHERE c.execution_id = :execution::bigint AND c.action = 'replace' AND x.row_id <> c.row_id`

/**
 * Of one execution. Old halves that stand have records of their own, with rows that nobody sees; of those that pointed at
 * them, some are old halves themselves, and the others were not pointed at the new one for certain.
 */
export async function pointAtOrphans(
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<void> {
  const [old] = await db.query<{ stands: boolean }>(`SELECT EXISTS (${oldSql(t)}) AS stands`, {
    execution: executionId,
  })
  if (!old?.stands) return
  await db.run(
    `WITH old AS MATERIALIZED (${oldSql(t)}),
     pointing AS (
       SELECT r.resource_id, jsonb_object_agg(p."column", old.orphan_id) AS targets
       FROM old JOIN ${t}.iasql_change_record d ON d.plan_id = old.plan_id
       CROSS JOIN LATERAL jsonb_to_recordset(d.planned->'references') AS p ("column" text, target text, "of" text, "isThrough" boolean)
       JOIN ${t}.iasql_resource r ON ${isOldHalf('r', 'd')}
       WHERE p.target = old.key AND p."of" IS NULL AND p."isThrough" IS NULL AND r.base IS NOT NULL
         AND (r.row_id <> d.row_id OR coalesce(r.base->:unsure ? p."column", false))
       GROUP BY r.resource_id)
     UPDATE ${t}.iasql_resource r SET base = r.base || p.targets, observed = r.observed || p.targets
     FROM pointing p WHERE r.resource_id = p.resource_id`,
    { execution: executionId, unsure: unsureKey },
  )
}
