/** Turns what mappers read into rows: references to other resources become row ids. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { type CloudReference, isCloudReference, type SeenRow } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type RowPlace, resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import { type FoundResource, findResources } from '#postgres/statements/resource-find.ts'
import type { Tenant } from '#postgres/tenant.ts'

export interface ReferenceIndex {
  find(reference: CloudReference, place: RowPlace): { readonly row_id: number } | undefined
}

export interface ResourceIndex extends ReferenceIndex {
  find(reference: CloudReference, place: RowPlace): FoundResource | undefined
  /** As its record has it: what a name is made of that refers to the row. */
  nameOf(table: string, rowId: number): string | null
}

/** One look-up for all references of many rows. */
export async function indexReferences(
  db: Queryable,
  tenant: Tenant,
  references: Iterable<CloudReference>,
): Promise<ResourceIndex> {
  const wanted = new Map<string, CloudReference>()
  for (const reference of references) wanted.set(keyOf(reference), reference)
  const names = [...wanted.values()].map(({ $ref, id }) => ({ table_name: unqualified($ref), cloud_id: id }))
  const found = new Map<string, FoundResource[]>()
  const recorded = new Map<string, string | null>()
  for (const resource of await findResources(db, tenant, names)) {
    const key = `${resource.table_name} ${canonicalJson(resource.cloud_id)}`
    found.set(key, [...(found.get(key) ?? []), resource])
    recorded.set(resourceKey(resource.table_name, resource.row_id), resource.natural_name)
  }
  return {
    find(reference, place) {
      const candidates = found.get(keyOf(reference)) ?? []
      return candidates.find((one) => isNear(one, place))
    },
    nameOf: (table, rowId) => recorded.get(resourceKey(table, rowId)) ?? null,
  }
}

/** The same as far as both have one: rows of two places cannot refer to each other. */
export const isNear = (one: Pick<FoundResource, 'account_id' | 'region'>, place: RowPlace): boolean =>
  (one.account_id === null || place.accountId === null || one.account_id === place.accountId) &&
  (one.region === null || place.region === null || one.region === place.region)

const keyOf = ({ $ref, id }: CloudReference): string => `${unqualified($ref)} ${canonicalJson(id)}`

export const referencesIn = (row: SeenRow): readonly CloudReference[] =>
  Object.values(row).filter(isCloudReference)

export interface ReadRow {
  readonly row: Row
  /** References that must be given but whose target we do not hold. */
  readonly dangling: readonly string[]
}

export function readRow(type: TableSpec, seen: SeenRow, index: ReferenceIndex, place: RowPlace): ReadRow {
  const row: Record<string, Json> = {}
  const dangling: string[] = []
  for (const [name, column] of Object.entries(type.columns)) {
    // What the cloud does not tell counts as unchanged.
    if (column.nature === 'local' || column.secret || column.unread) continue
    const value = seen[name] ?? null
    if (!isCloudReference(value)) {
      row[name] = value
      continue
    }
    const target = index.find(value, place)
    row[name] = target?.row_id ?? null
    if (!target && column.required) dangling.push(name)
  }
  return { row, dangling }
}
