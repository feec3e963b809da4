/** Who changed what drifted: asked of the account's trail after a check, and remembered. */
import { IasqlError } from '#engine/model/error.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import { insertAuditErrorOnce } from '#postgres/statements/audit-error.ts'
import { storeAuthors, unknownAuthors } from '#postgres/statements/drift-author.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { placeOf } from '../sync/places.ts'

/** What global services are called from, and where their trail is. */
const globalRegion = 'us-east-1'

/** That the trail does not answer is no reason for the check to fail. */
export async function attributeDrift(
  { ports, tenant, cancelled, lost }: ExecutionContext,
  place: RowPlace,
): Promise<void> {
  const unknown = await unknownAuthors(ports.platform, tenant, place)
  if (unknown.length === 0) return
  const at = placeOf(ports, { ...place, region: place.region ?? globalRegion })
  const signal = AbortSignal.any([cancelled, lost])
  // Brings the client of a service along that most steps never need.
  const { askTrail } = await import('./ask-trail.ts')
  try {
    const authors = await askTrail({ cloud: ports.cloud, place: at, tenant: tenant.alias, signal }, unknown)
    await storeAuthors(ports.platform, tenant, authors)
  } catch (error) {
    if (!(error instanceof IasqlError) || error.blame !== 'cloud') throw error
    if (error.code === 'cloud/not-emulated') return
    const message = `iasql_drift does not say who made a change in account ${at.accountId}: its CloudTrail does not answer (cloudtrail:LookupEvents: ${error.code}).`
    await insertAuditErrorOnce(ports.platform, tenant, { actor: 'iasql', message, since: null })
  }
}
