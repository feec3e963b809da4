/** Rows that are shown once: nothing of them stays when a client has them, or nobody came for them. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Minutes for which a client that has lost its connection may come back. */
export const mostOnceMinutes = 15

/** Of a run that a client has seen. */
export async function forgetShownEvents(db: Queryable, { schema: t }: Tenant, runId: string): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_event SET body = body - 'sealed'
     WHERE run_id = :runId::uuid AND body ? 'once' AND body ? 'sealed'`,
    { runId },
  )
}

/** Of all runs; an index has them. */
export async function forgetOldEvents(db: Queryable, { schema: t }: Tenant): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_event SET body = body - 'sealed' WHERE body ? 'once' AND body ? 'sealed'
       AND at < clock_timestamp() - make_interval(mins => ${mostOnceMinutes})`,
  )
}
