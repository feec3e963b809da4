/**
 * `iasql_adopt`: one resource of the cloud becomes a row, or is bound to the row that already asks for it. The cloud is
 * read before, then the row is stored under the lease in one transaction; what comes along with it comes afterwards.
 */
import { type CloudId, type CloudReference, isCloudReference, type SeenRow } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { companionScope } from '../apply/companion-scope.ts'
import { takeCompanions } from '../apply/companions.ts'
import { listedIds } from '../external/listed-ids.ts'
import { takeReferred } from '../external/take-referred.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { namedTable } from '../install/named-table.ts'
import type { Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import { indexReferences, type ResourceIndex, readRow, referencesIn } from '../sync/row-references.ts'
import { adoptPlace, type GivenPlace } from './adopt-place.ts'
import type { Adopting } from './adopting.ts'
import { findListed } from './find-listed.ts'
import { adoptFirst, notFound, notOurs, readOnly } from './refusals.ts'
import { describing, storeAdopted, type ToAdopt } from './store-adopted.ts'

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

export async function adopt(ports: Ports, request: AdoptRequest): Promise<Adopted> {
  const { tenant, signal } = request
  const tables = await loadInstalledTables(ports, tenant)
  const type = namedTable(tables, request.table)
  if (!type.mapper || type.access === 'read') throw readOnly(type)
  const place = await adoptPlace(ports.platform, tenant, type, request)
  const { mapper } = type
  const adopting = { ports, tenant, tables, type, mapper, place, signal, notices: [] }
  const rowId = await adoptOne(adopting, request.cloudId)
  return { table: type.name, rowId, notices: adopting.notices }
}

async function adoptOne(adopting: Adopting, text: string): Promise<number> {
  const { ports, type, mapper, place, signal } = adopting
  const api = ports.cloud.api(mapper.client, placeOf(ports, place), signal)
  const listed = await findListed(type, mapper, api, text)
  if (listed.kind !== 'found') throw notFound(type, place, text, listed)
  const { id, seen } = listed
  const name = `${type.name} ${describeCloudId(id)}`
  if (mapper.isExternal?.(seen, api.place)) throw notOurs(name)
  const standing = await describing(adopting, id)
  const found = standing ? { id, name } : await toTakeIn(adopting, { id, name, seen })
  const rowId = await storeAdopted(adopting, found)
  await bringCompanions(adopting, id)
  return rowId
}

/** The row stands by now: what cannot be read is left to a sync. */
async function bringCompanions(adopting: Adopting, id: CloudId): Promise<void> {
  const { type, place, notices, signal } = adopting
  const notice = (message: string) => void notices.push(message)
  try {
    await takeCompanions(companionScope({ ...adopting, notice }), { type, cloudId: id, place })
  } catch (error) {
    if (!signal.aborted && !(error instanceof IasqlError && error.blame === 'cloud')) throw error
    const reason = signal.aborted ? 'there was no time left' : (error as IasqlError).message
    notice(
      `${type.name} ${describeCloudId(id)} is adopted; what AWS made along with it comes with the next sync: ${reason}`,
    )
  }
}

async function toTakeIn(
  adopting: Adopting,
  { id, name, seen }: { readonly id: CloudId; readonly name: string; readonly seen: unknown },
): Promise<ToAdopt> {
  const { type, mapper, place, signal } = adopting
  const parent = mapper.companionOf?.(seen) ?? null
  const row = mapper.toRow(seen)
  const index = await heldBy(adopting, name, row, parent)
  const companionOf = parent ? (index.find(parent, place)?.resource_id ?? null) : null
  signal.throwIfAborted()
  return { id, name, read: { observed: readRow(type, row, index, place).row, companionOf } }
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
  const scope = { ...adopting, db: ports.platform, listed: listedIds() }
  const taken = await takeReferred(scope, { unknown, place })
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
