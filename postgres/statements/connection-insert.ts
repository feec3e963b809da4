/** Remembers an open connection and who it belongs to. */
import type { Queryable } from '../database.ts'

export interface NewConnection {
  readonly connectionId: string
  readonly tenantId: string
  readonly subject: string
  readonly role: string
  readonly endpoint: string
}

/** Kept a little longer than the two hours that API Gateway leaves a connection open. */
export async function insertConnection(db: Queryable, connection: NewConnection): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.connection (connection_id, tenant_id, subject, role, endpoint, connected_at, expires_at)
     VALUES (:id, :tenant, :subject, :role, :endpoint, pg_catalog.now(), pg_catalog.now() + interval '125 minutes')
     ON CONFLICT (connection_id) DO NOTHING`,
    {
      id: connection.connectionId,
      tenant: connection.tenantId,
      subject: connection.subject,
      role: connection.role,
      endpoint: connection.endpoint,
    },
  )
}
