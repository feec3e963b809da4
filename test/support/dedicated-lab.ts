/** A platform that works here, with a tenant in a database of its own: for what is the same, or differs, in both databases. */

import type { Row } from '#engine/model/json.ts'
import { handler as recover } from '#functions/recover-runs.ts'
import { invocationContext } from '#local/gateway/handlers.ts'
import { useHost } from '#operations/host.ts'
import { textHash } from '#operations/people/bearer-text.ts'
import type { Queryable } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { type Placed, placeApart } from './placement.ts'
import { openPlatformLab, type PlatformLab } from './platform-lab.ts'

export interface DedicatedLab extends PlatformLab {
  readonly acme: Placed
  /** Another one like it. */
  apart(alias: string): Promise<Placed>
}

export async function openDedicatedLab(): Promise<DedicatedLab> {
  const lab = await openPlatformLab()
  const apart = async (alias: string): Promise<Placed> => placeApart(lab.ports, await lab.create(alias))
  const acme = await apart('acme')
  useHost(lab.ports)
  return { ...lab, acme, apart }
}

export const contextOf = (name: string) => invocationContext(name, 60_000) as never

export const sweep = () => recover({}, contextOf('recover-runs'))

/** What a database knows of a tenant. */
export async function rowOf(db: Queryable, { id }: Tenant): Promise<Row | undefined> {
  const [row] = await db.query<Row>(
    'SELECT state, quota_runs, placement, database_name FROM iasql_platform.tenant WHERE tenant_id = :id',
    { id },
  )
  return row
}

export const tokenOf = ({ id: tenantId }: Tenant, name: string) =>
  ({ tenantId, name, role: 'owner', tokenHash: textHash(`token-${name}`) }) as const
