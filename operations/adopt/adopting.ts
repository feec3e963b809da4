/** What the parts of an adoption share. */
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'

export interface Adopting {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly type: ResourceType
  readonly mapper: Mapper
  readonly place: RowPlace
  readonly signal: AbortSignal
  /** What there is to say, as it is found out. */
  readonly notices: string[]
}
