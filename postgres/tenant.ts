/** One tenant's address in the database: schemas, roles and logins, all opaque names made by us (`[a-z0-9_]+`). */
import type { Login } from './data-api.ts'

export interface Tenant {
  readonly id: string
  readonly alias: string
  /** Managed and engine tables; the tenant may use, not create. */
  readonly schema: string
  /** What the tenant makes itself. */
  readonly userSchema: string
  readonly ownerRole: string
  readonly readerRole: string
  readonly writerRole: string
  readonly reader: Login
  readonly writer: Login
}
