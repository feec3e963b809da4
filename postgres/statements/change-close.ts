/** The changes that an execution leaves open end with it, in its commit: an ended execution claims no row and waits for none. */

import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { pointAtOrphans } from './orphan-users.ts'
import { readPages } from './paging.ts'
import { type LooseRow, loosenColumns } from './resource-loosen.ts'
import { orphansSql } from './resource-orphan.ts'

/** The old half of a replacement whose new half is made: the record is that one's, though it may not be ready. */
const orphans = (t: string): string => `
  SELECT table_name, jsonb_build_object('account_id', coalesce(planned->'cloudPlace', planned->'place')->>'accountId',
    'region', coalesce(planned->'cloudPlace', planned->'place')->>'region', 'natural_name', natural_name,
    'cloud_id', planned->'cloudId', 'base', coalesce(nullif(planned->'oldBase', 'null'), '{}')) AS orphan
  FROM open WHERE action = 'replace' AND jsonb_typeof(planned->'cloudId') = 'object'
    AND jsonb_path_exists(steps, '$[*] ? (@.step.kind == "create" && exists(@.cloudId))')
    AND NOT EXISTS (SELECT FROM ${t}.iasql_resource r
      WHERE r.table_name = open.table_name AND r.cloud_id = open.planned->'cloudId'
        AND r.account_id IS NOT DISTINCT FROM coalesce(planned->'cloudPlace', planned->'place')->>'accountId'
        AND r.region IS NOT DISTINCT FROM coalesce(planned->'cloudPlace', planned->'place')->>'region')
    AND NOT steps @> '[{"step": {"kind": "delete"}, "state": "done"}]'`

/**
 * What became of calls without an answer is not decided here: open intents stay open. `isGoingOn`: the execution is not
 * over, and has to do still what came of its own changes.
 */
export async function closeChanges(
  db: Queryable,
  tenant: Tenant,
  input: { readonly executionId: number; readonly error: Json; readonly isGoingOn?: boolean },
): Promise<void> {
  const t = tenant.schema
  await loosenColumns(db, tenant, await unanswered(db, tenant, input.executionId))
  await db.run(
    `WITH open AS (
       SELECT * FROM ${t}.iasql_change_record
       WHERE execution_id = :execution::bigint AND ${isOpen()}),
     ${orphansSql(t, orphans(t))},
     unheld AS (DELETE FROM ${t}.iasql_execution_held WHERE execution_id = :execution::bigint
       AND (holder IS NOT NULL OR NOT :goingOn::boolean))
     UPDATE ${t}.iasql_change_record c
     SET state = 'skipped', error = :error::jsonb, ended_at = clock_timestamp()
     FROM open WHERE c.change_id = open.change_id`,
    {
      execution: input.executionId,
      error: JSON.stringify(input.error),
      goingOn: input.isGoingOn ?? false,
    },
  )
  await pointAtOrphans(db, tenant, input.executionId)
}

/** Updates that were called for: what they sent may have come about or not, and is nobody's agreement. */
const unanswered = (
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<readonly (LooseRow & { readonly sort: number })[]> =>
  readPages(
    db,
    `SELECT change_id AS sort, table_name, row_id,
       (SELECT jsonb_agg(name) FROM jsonb_object_keys(planned->'delta') AS d (name)) AS columns
     FROM ${t}.iasql_change_record WHERE execution_id = :execution::bigint AND change_id > :after::bigint
       AND ${isOpen()} AND action = 'update' AND called_at IS NOT NULL AND planned->'delta' <> '{}'
     ORDER BY change_id LIMIT :most::int`,
    { execution: executionId },
  )
