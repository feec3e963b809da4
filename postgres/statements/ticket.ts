/** Tickets: stored by their hash, and gone with the first attempt to use them. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'
import { standing } from './connection-session.ts'

export interface NewTicket {
  readonly ticketHash: string
  readonly tenantId: string
  readonly subject: string
  readonly member: string | undefined
  readonly origin: string | undefined
  /** ISO 8601: the end of the session that it opens; absent: none but the usual. */
  readonly until: string | undefined
  readonly seconds: number
}

/** Gives the time when it expires. */
export async function insertTicket(db: Queryable, ticket: NewTicket): Promise<string> {
  const { ticketHash: hash, tenantId: tenant, ...rest } = ticket
  const rows = await db.query<{ expires_at: string }>(
    `INSERT INTO iasql_platform.ticket
       (ticket_hash, tenant_id, subject, member, origin, made_at, expires_at, session_until)
     VALUES (:hash, :tenant, :subject, :member, :origin, pg_catalog.now(),
       least(pg_catalog.now() + make_interval(secs => :seconds::int), CAST(:until AS timestamptz)),
       CAST(:until AS timestamptz))
     RETURNING expires_at`,
    { hash, tenant, ...rest },
  )
  return rows[0]?.expires_at ?? ''
}

export interface BurnedTicket {
  readonly tenant_id: string
  readonly alias: string
  readonly tenant_state: string
  readonly subject: string
  readonly member: string | null
  readonly origin: string | null
  readonly session_until: string | null
  readonly is_expired: boolean
  /** Of now; null: the token or membership is gone. */
  readonly role: Role | null
}

/** Undefined: there is no such ticket, or it was used before. */
export async function burnTicket(db: Queryable, ticketHash: string): Promise<BurnedTicket | undefined> {
  const rows = await db.query<BurnedTicket>(
    `WITH c AS (DELETE FROM iasql_platform.ticket WHERE ticket_hash = :hash RETURNING *)
     SELECT c.tenant_id, t.alias, t.state AS tenant_state, c.subject, c.member, c.origin, c.session_until,
       c.expires_at <= pg_catalog.now() AS is_expired, coalesce(m.role, k.role) AS role
     FROM c JOIN iasql_platform.tenant t ON t.tenant_id = c.tenant_id ${standing('c.made_at')}`,
    { hash: ticketHash },
  )
  return rows[0]
}

export async function deleteExpiredTickets(db: Queryable): Promise<void> {
  await db.run('DELETE FROM iasql_platform.ticket WHERE expires_at < pg_catalog.now()')
}
