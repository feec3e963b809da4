/** The places of a tenant as drift checks know them: looked at in turn, seldom where nothing is. */
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'

/** Checks in a row that found nothing, after which a place is looked at only in every tenth. */
const emptyChecks = 3
const seldom = 10
/** More of one check would not fit the history of its machine. */
const mostPlaces = 500

/** Ids of those that are due, the longest unseen first. */
export async function duePlaces(
  db: Queryable,
  { tenantId, places, now }: { tenantId: string; places: readonly RowPlace[]; now: Date },
): Promise<readonly number[]> {
  const listed = places.map(({ accountId, region }) => ({ account_id: accountId, region }))
  const asked = { tenant: tenantId, places: JSON.stringify(listed) }
  const known = 'jsonb_to_recordset(:places::jsonb) AS n (account_id text, region text)'
  await db.run(
    `INSERT INTO iasql_platform.drift_place (tenant_id, account_id, region)
     SELECT :tenant, n.account_id, n.region FROM ${known} ON CONFLICT DO NOTHING`,
    asked,
  )
  const rows = await db.query<{ place_id: number }>(
    `SELECT p.place_id FROM ${known} JOIN iasql_platform.drift_place p ON p.tenant_id = :tenant
       AND p.account_id = n.account_id AND p.region IS NOT DISTINCT FROM n.region
     LEFT JOIN iasql_platform.drift_schedule s ON s.tenant_id = p.tenant_id
     WHERE p.empty_checks < ${emptyChecks} OR p.checked_at <= :now::timestamptz
       - make_interval(mins => coalesce(s.interval_minutes, 0)) * ${seldom}
     ORDER BY p.checked_at NULLS FIRST, p.place_id LIMIT ${mostPlaces}`,
    { ...asked, now: now.toISOString() },
  )
  return rows.map((row) => row.place_id)
}

export interface CheckedPlace {
  readonly account_id: string
  readonly region: string | null
  /** Of this check, when it has begun there already. */
  readonly execution_id: number | null
}

interface PlaceOfCheck {
  readonly tenantId: string
  readonly placeId: number
  readonly checkId: number
}

/** Undefined when there is no such place, or its tenant is suspended. */
export async function findPlace(db: Queryable, place: PlaceOfCheck): Promise<CheckedPlace | undefined> {
  const rows = await db.query<CheckedPlace>(
    `SELECT p.account_id, p.region, CASE WHEN p.check_id = :checkId::bigint THEN p.execution_id END AS execution_id
     FROM iasql_platform.drift_place p JOIN iasql_platform.tenant t USING (tenant_id)
     WHERE p.place_id = :placeId::bigint AND p.tenant_id = :tenantId AND t.state = 'active'`,
    { ...place },
  )
  return rows[0]
}

export async function noteBegun(
  db: Queryable,
  place: PlaceOfCheck & { readonly executionId: number },
): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.drift_place SET check_id = :checkId::bigint, execution_id = :executionId::bigint
     WHERE place_id = :placeId::bigint AND tenant_id = :tenantId`,
    { ...place },
  )
}

export async function noteChecked(
  db: Queryable,
  { now, ...place }: { tenantId: string; placeId: number; isEmpty: boolean; now: Date },
): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.drift_place SET checked_at = :now::timestamptz,
       empty_checks = CASE WHEN :isEmpty::boolean THEN empty_checks + 1 ELSE 0 END
     WHERE place_id = :placeId::bigint AND tenant_id = :tenantId`,
    { ...place, now: now.toISOString() },
  )
}
