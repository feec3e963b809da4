/** Rows of a commit that is taken back, some of them or all, are as before it: but where others have edited them since. */
import type { Row } from '#engine/model/json.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { differing, type NetEdit } from '#engine/transaction/net-edit.ts'
import type { Queryable } from '#postgres/database.ts'
import type { commitChanges } from '#postgres/statements/commit-changes.ts'
import { loadImages } from '#postgres/statements/transaction-image.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'
import { type ReturningRow, returningRow } from './way-back.ts'
import { type Weighed, weighEdits } from './weigh-edits.ts'
import { writeBack } from './write-back.ts'

export async function returningRows(
  { context: { ports, tenant }, transaction }: CommitRun,
  tables: InstalledTables,
  changes: Awaited<ReturnType<typeof commitChanges>>,
): Promise<readonly ReturningRow[]> {
  const byKey = Map.groupBy(changes, (change) => resourceKey(change.table_name, change.row_id))
  const images = await loadImages(ports.platform, tenant, transaction.transaction_id)
  return images.flatMap((image) => {
    const type = tables.lookup.get(image.table_name)
    const own = byKey.get(resourceKey(image.table_name, image.row_id)) ?? []
    return type ? [returningRow(type, image, own)] : []
  })
}

export interface Restoring {
  readonly tables: InstalledTables
  readonly returning: readonly ReturningRow[]
  readonly next: CommitMemory
}

/** What has to stay as it is, by its key. Within a transaction; the journal asks for what the cloud has to follow. */
export async function restoreSome(
  { context, transaction }: CommitRun,
  writing: Queryable,
  { tables, returning }: Restoring,
): Promise<ReadonlyMap<string, string>> {
  const { ports, tenant } = context
  const name = { transactionId: transaction.transaction_id }
  const scales = { transaction: writing, platform: ports.platform, tenant, tables, name }
  const byKey = new Map(returning.map((row) => [row.key, row]))
  const nets = returning.map(netOf)
  const weighed = await weighEdits(scales, nets, (key) => byKey.get(key)?.image.last_id ?? 0)
  const left = weighed.flatMap(({ net: { key }, restoration, title, by }) =>
    restoration.kind === 'edited' || (restoration.kind === 'gone' && by.length > 0)
      ? [[key, `${title} stays as ${by.map(({ actor }) => actor).join(', ')} edited it since`] as const]
      : [],
  )
  const towards = weighed.map((one) => withBetween(one, byKey.get(one.net.key)))
  const written = await writeBack({ ...scales, actor: transaction.actor }, towards, byKey)
  return new Map([...left, ...written])
}

/** Of rows that stay as they are those of which nothing has reached the cloud. */
export function unheard({ returning }: Restoring, keys: Iterable<string>): readonly string[] {
  const left = new Set(keys)
  return returning.flatMap(({ key, way }) => (way === undefined && left.has(key) ? [key] : []))
}

const netOf = ({ key, image }: ReturningRow): NetEdit => ({
  key,
  table: image.table_name,
  rowId: image.row_id,
  before: image.before,
  after: image.after,
})

/** What the row is to say for a while, instead of what it said before. */
function withBetween(one: Weighed, returning: ReturningRow | undefined): Weighed {
  const { restoration, current, type } = one
  const between = returning?.between ?? null
  if (!returning || restoration.kind === 'edited' || restoration.kind === 'gone') return one
  if (!between || returning.way === undefined || returning.way === 'absent') return one
  if (!current) return { ...one, restoration: { kind: 'insert', values: between } }
  // Where it is as it was on the whole, the columns of others in it are too.
  const said: Row = restoration.kind === 'update' ? { ...current, ...restoration.values } : current
  const values = { ...said, ...changedBy(one, between) }
  const names = differing(type, current, values)
  if (names.length === 0) return { ...one, restoration: { kind: 'none' } }
  const written = Object.fromEntries(names.map((name) => [name, values[name] ?? null]))
  return { ...one, restoration: { kind: 'update', values: written } }
}

/** Columns that the row is to say otherwise than before the commit. */
function changedBy({ net, type }: Weighed, between: Row): Row {
  const names = differing(type, net.before ?? net.after ?? {}, between)
  return Object.fromEntries(names.map((name) => [name, between[name] ?? null]))
}
