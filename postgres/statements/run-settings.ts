/** Settings that SET has changed, kept for the connection and for the rest of the run. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function saveRunSettings(
  db: Queryable,
  { schema: t }: Tenant,
  run: { readonly runId: string; readonly connectionId: string | null; readonly settings: object },
): Promise<void> {
  await db.run(
    `WITH connection AS (
       UPDATE iasql_platform.connection SET settings = :settings::jsonb WHERE connection_id = :connectionId::text)
     UPDATE ${t}.iasql_run SET settings = :settings::jsonb WHERE run_id = :runId::uuid`,
    { ...run, settings: JSON.stringify(run.settings) },
  )
}
