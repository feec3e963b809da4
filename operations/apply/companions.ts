/** What AWS makes along with a resource comes with its outcome: imported, or bound to the rows of the replaced one's. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, CloudId, CloudReference, SeenRow } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { qualifiedName } from '#engine/model/table.ts'
import { shownName } from '#engine/plan/natural-name.ts'
import { type RowPlace, resourceKey } from '#engine/plan/resource.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import type { Database } from '#postgres/database.ts'
import {
  type CompanionRecord,
  readBelow,
  readCompanions,
  rebindCompanions,
} from '#postgres/statements/resource-companions.ts'
import { dropRows } from '#postgres/statements/resource-drop.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { endUnwanted } from '#postgres/statements/resource-unwanted.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { importRows } from '../sync/import-rows.ts'
import { type ReferenceIndex, readRow } from '../sync/row-references.ts'
import { alikeColumns, keptColumns } from './kept-columns.ts'
import { matchCompanions } from './match-companions.ts'

export interface CompanionScope {
  readonly db: Database
  readonly tenant: Tenant
  readonly tables: InstalledTables
  /** The apply that goes on until the new companions have what the old ones were given; null: nobody is at it. */
  readonly executionId: number | null
  api(type: ResourceType, place: RowPlace): CloudApi
  /** Of a row, by its key: the apply makes it anew by a call of its own, and not by way of its parent. */
  isMadeApart(key: string): boolean
  index(seen: SeenRow, place: RowPlace): Promise<ReferenceIndex>
  /** Tells what a row stands for now. */
  learn(row: { readonly table: string; readonly rowId: number }, cloudId: CloudId, observed: Row): void
  notice(message: string): void
}

interface Parent {
  readonly type: ResourceType
  readonly cloudId: CloudId
  readonly place: RowPlace
  /** It stands for one that was here before: what users had taken away of its companions is to go again. */
  readonly isAgain?: boolean
}

export const hasCompanions = (tables: InstalledTables, parent: ResourceType): boolean =>
  childTypes(tables, parent).length > 0

const childTypes = (tables: InstalledTables, parent: ResourceType): readonly ResourceType[] =>
  tables.types.filter((type) => type.createdWith.some((made) => made.parent === qualifiedName(parent)))

/** Those of a resource that has just come to stand here. */
export async function takeCompanions(scope: CompanionScope, parent: Parent): Promise<void> {
  if (hasCompanions(scope.tables, parent.type)) await takeFrom(scope, parent)
}

/** Those that an update brought or took: of the resource, and of what of the same kind as a companion belongs to it. */
export async function renewCompanions(scope: CompanionScope, parent: Parent): Promise<void> {
  const { db, tenant, tables } = scope
  if (!hasCompanions(tables, parent.type)) return
  const taken = await takeFrom(scope, parent)
  for (const type of childTypes(tables, parent.type)) {
    if (!hasCompanions(tables, type)) continue
    const vias = type.createdWith.filter((made) => made.parent === qualifiedName(parent.type))
    for (const { via } of vias) {
      const below = await readBelow(db, tenant, {
        parent: parent.type.name,
        table: type.name,
        via,
        ...parent,
      })
      const left = below.filter(({ cloud_id: id }) => !taken.has(keyOf(type, id)))
      for (const { cloud_id: cloudId } of left) await takeFrom(scope, { type, cloudId, place: parent.place })
    }
  }
}

const keyOf = (type: ResourceType, id: CloudId): string => `${type.name} ${canonicalJson(id)}`

/** The keys of all resources whose companions were read. */
async function takeFrom(scope: CompanionScope, parent: Parent): Promise<ReadonlySet<string>> {
  const { db, tenant } = scope
  const taken = new Set([keyOf(parent.type, parent.cloudId)])
  const found = await findResources(db, tenant, [{ table_name: parent.type.name, cloud_id: parent.cloudId }])
  const record = found.find((one) => isAt(one, parent.place))
  if (!record) return taken
  const known = await readCompanions(db, tenant, record.resource_id)
  for (const type of childTypes(scope.tables, parent.type)) {
    const mapper = type.mapper
    if (!mapper?.companions) continue
    const reference: CloudReference = { $ref: qualifiedName(parent.type), id: parent.cloudId }
    const seen: unknown[] = []
    for await (const one of mapper.companions(reference, scope.api(type, parent.place))) seen.push(one)
    const before = known.filter(
      ({ table_name: table, row_id: rowId }) =>
        table === type.name && !scope.isMadeApart(resourceKey(table, rowId)),
    )
    const { place, isAgain = false } = parent
    await take(scope, { type, mapper, seen, before, companionOf: record.resource_id, place, isAgain })
    for (const one of seen) {
      const child = { type, cloudId: mapper.idOf(one), place, isAgain }
      for (const key of await takeFrom(scope, child)) taken.add(key)
    }
  }
  return taken
}

const isAt = (
  one: { readonly account_id: string | null; readonly region: string | null },
  place: RowPlace,
): boolean => one.account_id === place.accountId && one.region === place.region

interface Taken {
  readonly type: ResourceType
  readonly mapper: Mapper
  readonly seen: readonly unknown[]
  /** Recorded for this parent before. */
  readonly before: readonly CompanionRecord[]
  readonly companionOf: number
  readonly place: RowPlace
  readonly isAgain: boolean
}

async function take(scope: CompanionScope, taken: Taken): Promise<void> {
  const { db, tenant, tables } = scope
  const { type, mapper, place, companionOf } = taken
  const rows: ImportedRow[] = []
  for (const one of taken.seen) {
    const seen: SeenRow = mapper.toRow(one)
    const { row, dangling } = readRow(type, seen, await scope.index(seen, place), place)
    if (dangling.length > 0) continue
    const cloudId = mapper.idOf(one)
    rows.push({ cloudId, row, naturalName: shownName(type, row, cloudId), companionOf })
  }
  const { again, made, gone } = matchCompanions(type, rows, taken.before)
  const rebindings = again.map(([{ cloudId, row, naturalName }, { resource_id, base: before }]) => {
    const kept = keptColumns(type, before, row)
    const alike = alikeColumns(type, before, row)
    return { resource_id, cloud_id: cloudId, row, naturalName, before, kept, alike }
  })
  await rebindCompanions(db, tenant, rebindings, scope.executionId)
  for (const [row, { row_id: rowId }] of again) scope.learn({ table: type.name, rowId }, row.cloudId, row.row)
  const isUnwanted = taken.isAgain && type.createdWith.some(({ removable }) => removable)
  if (isUnwanted) await endUnwanted(db, tenant, { type, place, rows: made, executionId: scope.executionId })
  const { notices } = await importRows(db, tenant, type, place, isUnwanted ? [] : made)
  for (const notice of notices) scope.notice(notice)
  const goneIds = gone.map((record) => record.row_id)
  const dropping = { type, installed: tables.types, ids: goneIds, executionId: scope.executionId }
  if (goneIds.length > 0) await dropRows(db, tenant, dropping)
}
