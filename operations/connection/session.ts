/** Who speaks on a connection: set at $connect from the token, checked again on every message. */
import type { Role } from '#engine/model/rpc.ts'

export interface Session {
  readonly connectionId: string
  readonly tenantId: string
  /** The token's name, or a person's subject. */
  readonly subject: string
  readonly role: Role
}
