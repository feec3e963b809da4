/** Tickets: how a browser, whose socket sends no header, shows who it is without a token in an address. */
import { IasqlError } from '#engine/model/error.ts'
import { type ConnectionRoom, hasRoom } from '#postgres/statements/connection-insert.ts'
import { burnTicket, insertTicket } from '#postgres/statements/ticket.ts'
import type { Ports } from '../ports.ts'
import { newTicketText, textHash } from './bearer-text.ts'
import { refuseInactive, type SignedIn } from './sign-in.ts'

const ticketSeconds = 60

export interface Ticket {
  readonly ticket: string
  /** ISO 8601 */
  readonly expiresAt: string
}

/** For the page that asks, and no other. @throws IasqlError `auth/too-many` when there is no room for a connection */
export async function issueTicket(
  { platform }: Pick<Ports, 'platform'>,
  { tenantId, subject, member, until }: SignedIn,
  { origin, room }: { readonly origin: string | undefined; readonly room: ConnectionRoom },
): Promise<Ticket> {
  if (!(await hasRoom(platform, { tenantId, subject }, room))) throw tooManyConnections()
  const ticket = newTicketText()
  const expiresAt = await insertTicket(platform, {
    ticketHash: textHash(ticket),
    tenantId,
    subject,
    member,
    origin,
    until,
    seconds: ticketSeconds,
  })
  return { ticket, expiresAt }
}

/** Good or not, it is gone afterwards. */
export async function redeemTicket(
  { platform }: Pick<Ports, 'platform'>,
  { ticket, origin }: { readonly ticket: string; readonly origin: string | undefined },
): Promise<SignedIn> {
  const burned = await burnTicket(platform, textHash(ticket))
  if (!burned)
    throw new IasqlError('auth/ticket', 'There is no such ticket: it is wrong, or was used before.')
  if (burned.is_expired) throw new IasqlError('auth/ticket', 'The ticket has expired.')
  if ((burned.origin ?? undefined) !== origin)
    throw new IasqlError('auth/ticket', 'The ticket was fetched by another page.')
  refuseInactive(burned)
  const { tenant_id: tenantId, subject, member, session_until: until, role } = burned
  if (role === null)
    throw new IasqlError('auth/ticket', 'What the ticket was fetched with has been revoked since.')
  return {
    tenantId,
    subject,
    role,
    ...(member === null ? {} : { member }),
    ...(until === null ? {} : { until }),
  }
}

const tooManyConnections = (): IasqlError =>
  new IasqlError('auth/too-many', 'There are as many connections as there may be, of you or of the tenant.')
