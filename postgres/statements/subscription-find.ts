/** The connections that an event of a topic is posted to: those of its tenant whose sessions still hold. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isServed } from './connection-session.ts'

export async function findSubscribers(
  db: Queryable,
  tenant: Tenant,
  topic: string,
): Promise<readonly string[]> {
  const rows = await db.query<{ connection_id: string }>(
    `SELECT c.connection_id FROM iasql_platform.subscription s JOIN iasql_platform.connection c USING (connection_id)
     WHERE s.tenant_id = :tenant AND c.tenant_id = s.tenant_id AND s.topic = :topic AND ${isServed}`,
    { tenant: tenant.id, topic },
  )
  return rows.map((row) => row.connection_id)
}
