/** Remembers an open connection and who it belongs to. */
import type { Queryable } from '../database.ts'

export interface NewConnection {
  readonly connectionId: string
  readonly tenantId: string
  readonly subject: string
  readonly role: string
  readonly endpoint: string
  /** Of the membership that it stands on; absent: a token. */
  readonly member?: string | undefined
  /** ISO 8601: when what it was opened with is no good any more; absent: never. */
  readonly until?: string | undefined
}

/** How many connections there may be at once. */
export interface ConnectionRoom {
  readonly perTenant: number
  readonly perSubject: number
}

const endless: ConnectionRoom = { perTenant: 2_147_483_647, perSubject: 2_147_483_647 }

const isRoom = `(SELECT count(*) < :perTenant::int AND count(*) FILTER (WHERE o.subject = :subject) < :perSubject::int
       FROM iasql_platform.connection o
       WHERE o.tenant_id = :tenant AND o.expires_at > pg_catalog.now())`

export interface KeptConnection {
  /** The database that its tenant has for itself. */
  readonly cell: string | null
}

/** Kept a little longer than the two hours that API Gateway leaves a connection open. Undefined: there is no room for it. */
export async function insertConnection(
  db: Queryable,
  connection: NewConnection,
  room: ConnectionRoom = endless,
): Promise<KeptConnection | undefined> {
  const rows = await db.query<KeptConnection>(
    `INSERT INTO iasql_platform.connection
       (connection_id, tenant_id, subject, member, role, endpoint, connected_at, expires_at)
     SELECT :id, :tenant, :subject, :member, :role, :endpoint, pg_catalog.now(),
       least(pg_catalog.now() + interval '125 minutes', CAST(:until AS timestamptz))
     WHERE ${isRoom}
     ON CONFLICT (connection_id) DO UPDATE SET endpoint = excluded.endpoint
     RETURNING (SELECT nullif(t.database_name, current_database()) FROM iasql_platform.tenant t
       WHERE t.tenant_id = :tenant) AS cell`,
    {
      id: connection.connectionId,
      tenant: connection.tenantId,
      subject: connection.subject,
      member: connection.member,
      role: connection.role,
      endpoint: connection.endpoint,
      until: connection.until,
      perTenant: room.perTenant,
      perSubject: room.perSubject,
    },
  )
  return rows[0]
}

/** Whether one more would find room. */
export async function hasRoom(
  db: Queryable,
  { tenantId, subject }: Pick<NewConnection, 'tenantId' | 'subject'>,
  room: ConnectionRoom,
): Promise<boolean> {
  const [found] = await db.query<{ room: boolean }>(`SELECT ${isRoom} AS room`, {
    tenant: tenantId,
    subject,
    perTenant: room.perTenant,
    perSubject: room.perSubject,
  })
  return found?.room === true
}
