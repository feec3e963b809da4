/** Runs of somebody that have not ended. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function findOpenRuns(
  db: Queryable,
  { schema: t }: Pick<Tenant, 'schema'>,
  { actors, except }: { readonly actors: readonly string[]; readonly except: string },
): Promise<readonly string[]> {
  const rows = await db.query<{ run_id: string }>(
    `SELECT run_id::text AS run_id FROM ${t}.iasql_run
     WHERE ended_at IS NULL AND run_id <> CAST(:except AS uuid)
       AND actor IN (SELECT value FROM jsonb_array_elements_text(CAST(:actors AS jsonb)))
     ORDER BY created_at LIMIT 1000`,
    { actors: JSON.stringify(actors), except },
  )
  return rows.map((row) => row.run_id)
}
