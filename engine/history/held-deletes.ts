/**
 * Rows that came and went without anybody having asked for it: neither is told, unless a statement that is told could not be
 * run while such a row still stands there.
 */
import { isSame } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { deleteText } from './statement-text.ts'
import { type HeldDelete, named, type RowOfTable, type Story, say } from './story.ts'
import { rowTargets } from './transaction-order.ts'

/** Whether the engine took away what no statement has brought or changed, or what none could take away. */
export const isUnasked = ({ asked }: Story, { origin, original }: AuditedChange, of: RowOfTable): boolean =>
  origin !== 'user' && (!asked.has(keyOf(of)) || (original !== null && isOfAccount(of, original)))

/** AWS made it for the account: a DELETE would leave it, and must not be preceded by those of its parts. */
const isOfAccount = ({ table }: RowOfTable, row: Row): boolean =>
  table.protects.some(
    ({ when, through }) => !through && table.columns[when]?.nature === 'output' && row[when] === true,
  )

/** A row that AWS made along with others was asked for with them. */
export const isAskedAlong = ({ asked, naming }: Story, { table }: RowOfTable, row: Row): boolean =>
  rowTargets(naming.lookup, table.name, row).some((target) => asked.has(resourceKey(target.table, target.id)))

export function hold(story: Story, change: AuditedChange, of: RowOfTable): void {
  const row = story.naming.replayed.get(of.table.name, of.id)
  if (row && of.table.access === 'full') story.held.set(keyOf(of), { change, of, row })
}

/** A row that others refer to can go only after them. */
export function releaseReferrers(story: Story, change: AuditedChange, of: RowOfTable): void {
  const row = story.naming.replayed.get(of.table.name, of.id)
  if (row) release(story, change, (held) => isReferrer(held, of, row))
}

/** A name can be given only to one; `before`: the row that gets it, where it had another one. */
export function releaseNamesakes(
  story: Story,
  change: AuditedChange,
  { table }: RowOfTable,
  { before, row }: { readonly before?: Row; readonly row: Row },
): void {
  if (before && hasSameName(table, before, row)) return
  release(story, change, (held) => held.of.table.name === table.name && hasSameName(table, held.row, row))
}

/** The cloud has it again: what is told of its name is about this one. */
export function dropNamesakes(story: Story, { table }: RowOfTable, row: Row): void {
  for (const [key, held] of story.held)
    if (held.of.table.name === table.name && hasSameName(table, held.row, row)) story.held.delete(key)
}

function hasSameName(table: TableSpec, one: Row, other: Row): boolean {
  const { naturalKey, uniqueKey, nullsAlike } = table
  if (!uniqueKey || (!nullsAlike && naturalKey.some((column) => one[column] == null))) return false
  const key = [...naturalKey, ...placeColumns(table)]
  return key.every((column) => isSame(one[column] ?? null, other[column] ?? null))
}

function release(story: Story, change: AuditedChange, isInTheWay: (held: HeldDelete) => boolean): void {
  const { replayed } = story.naming
  for (const [key, held] of [...story.held]) {
    const { of, row } = held
    if (!story.held.has(key) || !isInTheWay(held)) continue
    story.held.delete(key)
    replayed.put(of.table.name, of.id, row)
    releaseReferrers(story, change, of)
    if (story.isTold(held.change)) {
      const text = deleteText(story.naming, of.table, of.id)
      say(story, change, { text, about: named(story, of, row) })
    }
    replayed.remove(of.table.name, of.id)
  }
}

const isReferrer = (held: HeldDelete, { table, id }: RowOfTable, row: Row): boolean =>
  Object.entries(held.of.table.columns).some(([column, { reference }]) => {
    const value = held.row[column]
    if (!reference || value == null || unqualified(reference.table) !== table.name) return false
    return reference.by === 'id' ? value === id : isSame(value, row[reference.by]) && isSamePlace(held, row)
  })

const isSamePlace = ({ of: { table }, row }: HeldDelete, other: Row): boolean =>
  placeColumns(table).every((column) => other[column] === undefined || isSame(row[column], other[column]))

const keyOf = ({ table, id }: RowOfTable): string => resourceKey(table.name, id)
