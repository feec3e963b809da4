/** Who speaks on a connection: set at $connect from the token, checked again on every message. */
import type { Role } from '#engine/model/rpc.ts'

export interface Session {
  readonly connectionId: string
  readonly tenantId: string
  /** The token's name, or a person's e-mail address or subject. */
  readonly subject: string
  readonly role: Role
}

const overseers: ReadonlySet<Role> = new Set(['operator', 'owner'])

/** Whose runs the session may cancel and resume: its own, or, null, all of its tenant. */
export const overseenActor = ({ subject, role }: Session): string | null =>
  overseers.has(role) ? null : subject
