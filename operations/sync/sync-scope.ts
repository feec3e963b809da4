/** What the parts of a sync share. */
import type { PolicyLookup } from '#engine/merge/drift-policy.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { Database } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { ListedIds } from '../external/listed-ids.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'

export interface SyncScope {
  readonly ports: Ports
  readonly db: Database
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly signal: AbortSignal
  /** As this work has read them. */
  readonly listed: ListedIds
  /** Whether rows may go in whatever number. */
  readonly confirm: boolean
  /** Of the sync or install: rows go only by what it has seen itself. Null: none go. */
  readonly executionId: number | null
  /** What becomes of changes made in the cloud. */
  readonly policy: PolicyLookup
  /** Nothing is taken over: no rows come, change or go, but for outputs. */
  readonly isLooking?: boolean
}

export interface TableAt {
  readonly type: ResourceType
  readonly place: RowPlace
}
