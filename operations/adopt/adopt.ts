/** `iasql_adopt`: one resource of the cloud becomes a row, or is bound to the row that already asks for it. */
import { type CloudId, type CloudReference, isCloudReference, type SeenRow } from '#engine/model/cloud.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import { unqualified } from '#engine/plan/resource.ts'
import { dropForgotten } from '#postgres/statements/forgotten.ts'
import { storeOwnership } from '#postgres/statements/resource-external.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import { hasOpenCreates } from '#postgres/statements/resource-observe.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { companionScope } from '../apply/companion-scope.ts'
import { takeCompanions } from '../apply/companions.ts'
import { takeReferred } from '../external/take-referred.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { namedTable } from '../install/named-table.ts'
import { loadStates } from '../plan/load-states.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { indexReferences, type ResourceIndex, readRow, referencesIn } from '../sync/row-references.ts'
import { adoptPlace, type GivenPlace } from './adopt-place.ts'
import type { Adopting } from './adopting.ts'
import { findListed } from './find-listed.ts'
import { holdingLease } from './holding-lease.ts'
import { adoptFirst, described, leaving, notFound, notOurs, readOnly, underWay } from './refusals.ts'
import { storeAdopted } from './store-adopted.ts'

export interface AdoptRequest extends GivenPlace {
  readonly tenant: Tenant
  readonly table: string
  /** The cloud id as `id` of a preview shows it, or the resource's name. */
  readonly cloudId: string
  readonly signal: AbortSignal
}

export interface Adopted {
  readonly table: string
  readonly rowId: number
  readonly notices: readonly string[]
}

/** Under the lease of planning, so that no apply takes up the row or makes the resource meanwhile. */
export async function adopt(ports: Ports, request: AdoptRequest): Promise<Adopted> {
  const { tenant, signal } = request
  const tables = await loadInstalledTables(ports, tenant)
  const type = namedTable(tables, request.table)
  if (!type.mapper || type.access === 'read') throw readOnly(type)
  const place = await adoptPlace(ports.platform, tenant, type, request)
  const { mapper } = type
  return await holdingLease(ports, tenant, signal, async ({ lost }) => {
    const adopting = {
      ports,
      tenant,
      tables,
      type,
      mapper,
      place,
      signal: AbortSignal.any([signal, lost]),
      notices: [],
    }
    const rowId = await adoptOne(adopting, request.cloudId)
    return { table: type.name, rowId, notices: adopting.notices }
  })
}

async function adoptOne(adopting: Adopting, text: string): Promise<number> {
  const { ports, tenant, type, mapper, place, signal } = adopting
  const api = ports.cloud.api(mapper.client, placeOf(ports, place), signal)
  const listed = await findListed(type, mapper, api, text)
  if (listed.kind !== 'found') throw notFound(type, place, text, listed)
  const { id, seen } = listed
  const name = `${type.name} ${describeCloudId(id)}`
  if (mapper.isExternal?.(seen, api.place)) throw notOurs(name)
  const standing = await describing(adopting, id)
  const rowId = standing
    ? await takeOver(adopting, standing, name)
    : await takeIn(adopting, { id, name, seen })
  await dropForgotten(ports.platform, tenant, type.name, place, [id])
  const notice = (message: string) => void adopting.notices.push(message)
  await takeCompanions(companionScope({ ...adopting, notice }), { type, cloudId: id, place })
  return rowId
}

interface ToTakeIn {
  readonly id: CloudId
  readonly name: string
  readonly seen: unknown
}

async function takeIn(adopting: Adopting, { id, name, seen }: ToTakeIn): Promise<number> {
  const { ports, tenant, type, mapper, place, signal } = adopting
  if (await hasOpenCreates(ports.platform, tenant, { table: type.name, ...place })) throw underWay(type)
  const parent = mapper.companionOf?.(seen) ?? null
  const row = mapper.toRow(seen)
  const index = await heldBy(adopting, name, row, parent)
  const companionOf = parent ? (index.find(parent, place)?.resource_id ?? null) : null
  const observed = readRow(type, row, index, place).row
  signal.throwIfAborted()
  return await storeAdopted(adopting, { id, name, observed, companionOf })
}

async function describing({ ports, tenant, type, place }: Adopting, id: CloudId) {
  const found = await findResources(ports.platform, tenant, [{ table_name: type.name, cloud_id: id }])
  return found.find((one) => one.account_id === place.accountId && one.region === place.region)
}

/** A row that was only read may become one's own. */
async function takeOver(
  { ports, tenant, type, notices }: Adopting,
  standing: Awaited<ReturnType<typeof describing>> & object,
  name: string,
): Promise<number> {
  const { row_id: rowId, resource_id: resourceId } = standing
  const [state] = await loadStates(ports.platform, tenant, type, { kind: 'rows', ids: [rowId] })
  if (!state?.isExternal) throw state?.desired ? described(type, name, rowId) : leaving(type, name, rowId)
  await storeOwnership(ports.platform, tenant, [{ resource_id: resourceId, external: false, listed: true }])
  notices.push(`${name} was an external row; from now on it is managed here.`)
  return rowId
}

/** Rows for what it refers to; what is not ours becomes an external row. */
async function heldBy(
  adopting: Adopting,
  name: string,
  row: SeenRow,
  parent: CloudReference | null,
): Promise<ResourceIndex> {
  const { ports, tenant, type, place, notices } = adopting
  const references = [...referencesIn(row), ...(parent ? [parent] : [])]
  const first = await indexReferences(ports.platform, tenant, references)
  const unknown = references.filter((reference) => !first.find(reference, place))
  if (unknown.length === 0) return first
  const taken = await takeReferred({ ...adopting, db: ports.platform }, { unknown, place })
  notices.push(...taken.notices)
  const index = await indexReferences(ports.platform, tenant, references)
  for (const [column, value] of Object.entries({ ...row, '': parent })) {
    if (!isCloudReference(value) || index.find(value, place)) continue
    if (column === '' || type.columns[column]?.required) throw adoptFirst(name, value, place)
    const target = `${unqualified(value.$ref)} ${describeCloudId(value.id)}`
    notices.push(
      `${name}: ${column} refers to ${target}, which no row describes; it is empty until one does.`,
    )
  }
  return index
}
