/** What only one resource of a place may have at a time: who takes such a name waits for who frees it. */
import { canonical } from '#engine/columns/canonical.ts'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Column } from '#engine/model/column.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Draft } from './draft-change.ts'
import { type KnownResources, tableOf } from './known-resources.ts'
import type { TakenName } from './planned-change.ts'
import type { RowPlace } from './resource.ts'

interface Names {
  /** Of the resource that a change makes. */
  readonly takes: readonly TakenName[]
  /** Of the resource that a change ends. */
  readonly frees: readonly TakenName[]
}

export function namesOf(known: KnownResources, draft: Draft): Names {
  const { action, companion, resource } = draft
  const table = tableOf(known, resource)
  const makes = action === 'create' || action === 'replace'
  // What the cloud has lost is known to us by its name until it is forgotten.
  const ends = (action === 'delete' || action === 'replace' || action === 'forget') && !companion
  const moves = action === 'update' && table.named && table.naturalKey.some((name) => name in draft.delta)
  const takes = () => namesIn(table, resource.place, resource.desired ?? {})
  const frees = () => namesIn(table, resource.cloudPlace ?? resource.place, resource.base ?? {})
  if (moves) return { takes: without(takes(), frees()), frees: without(frees(), takes()) }
  return { takes: makes ? takes() : [], frees: ends ? frees() : [] }
}

const without = (names: readonly TakenName[], others: readonly TakenName[]): readonly TakenName[] =>
  names.filter(({ name }) => others.every((other) => other.name !== name))

function namesIn(table: TableSpec, { accountId, region }: RowPlace, row: Row): readonly TakenName[] {
  const name = (of: TakenName['of'], columns: readonly string[], scope: readonly string[]): TakenName => {
    const meanings = [...columns, ...scope].map((column) => [
      column,
      meaningOf(table.columns[column], row, column),
    ])
    return { name: canonicalJson([table.name, accountId, region, ...meanings]), of }
  }
  const isGiven = (column: string): boolean => (row[column] ?? null) !== null
  const alone = Object.keys(table.columns).filter((column) => collides(table, column) && isGiven(column))
  const isTold = table.nullsAlike === true || table.naturalKey.every(isGiven)
  const together = (table.named || table.uniqueKey) && isTold ? [table.naturalKey] : []
  return [
    ...together.map((columns) => name(table.named ? 'cloud' : 'table', columns, [])),
    ...alone.map((column) => name('cloud', [column], scopeOf(table, column))),
  ]
}

/** What takes the new one elsewhere: the same network in another VPC does not collide. */
const scopeOf = ({ columns }: TableSpec, column: string): readonly string[] =>
  Object.keys(columns).filter(
    (other) => other !== column && columns[other]?.reference && columns[other].replaces === 'after',
  )

const meaningOf = (column: Column | undefined, row: Row, name: string) =>
  column ? canonical(column, row[name]) : null

/** A column that says so (`before`), as far as its values tell resources apart. */
function collides(table: TableSpec, name: string): boolean {
  const column = table.columns[name]
  if (column?.replaces !== 'before' || column.default !== undefined || column.sqlType === 'boolean') {
    return false
  }
  return !column.reference || table.naturalKey.includes(name)
}

/** Where a replacement keeps a name that AWS gives only once, no new one can stand before the old one goes. */
export function endFirstWhereNamesStay(known: KnownResources, drafts: Map<string, Draft>): void {
  for (const [key, draft] of drafts) {
    if (draft.action !== 'replace' || draft.replaceBefore) continue
    const { takes, frees } = namesOf(known, draft)
    const stays = takes.some(({ name, of }) => of === 'cloud' && frees.some((freed) => freed.name === name))
    if (stays) drafts.set(key, { ...draft, replaceBefore: true })
  }
}
