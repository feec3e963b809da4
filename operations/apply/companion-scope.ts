/** Taking companions outside of an apply: nobody else waits to hear what they are. */
import type { Place } from '#engine/model/cloud.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { indexReferences, referencesIn } from '../sync/row-references.ts'
import { mapperOf } from './cloud-reader.ts'
import type { CompanionScope } from './companions.ts'

export interface Asking {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly signal: AbortSignal
  notice(message: string): void
}

export const companionScope = ({ ports, tenant, tables, signal, notice }: Asking): CompanionScope => ({
  db: ports.platform,
  tenant,
  tables,
  executionId: null,
  api(type, place) {
    const target: Place = placeOf(ports, place)
    return ports.cloud.api(mapperOf(type).client, target, signal)
  },
  isMadeApart: () => false,
  index: (seen) => indexReferences(ports.platform, tenant, referencesIn(seen)),
  learn: () => undefined,
  notice,
})
