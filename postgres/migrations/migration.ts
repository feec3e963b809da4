/** A step of the schema: run once, whole or not at all, in the order of its list. */
import type { Tenant } from '../tenant.ts'

export interface TenantMigration {
  readonly name: string
  /** From 1, rising over the list of all tenant migrations of one name. */
  readonly version: number
  /**
   * Statements, one each, run as the tenant's owner role. Those that begin with GRANT are run again when the tenant has
   * lost its rights: a migration that drops what an earlier one grants must take the GRANT out there.
   */
  readonly sql: (tenant: Tenant) => readonly string[]
}

export interface PlatformMigration {
  readonly name: string
  readonly version: number
  /** Of a migration that takes something away: the least version of this name that code must know to go on working. */
  readonly readableSince?: number
  readonly sql: readonly string[]
}
