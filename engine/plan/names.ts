/** What only one resource of a place may have at a time: who takes such a name waits for who frees it. */
import { canonical } from '#engine/columns/canonical.ts'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Column } from '#engine/model/column.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Draft } from './draft-change.ts'
import { type KnownResources, keyOf, tableOf } from './known-resources.ts'
import type { RowPlace } from './resource.ts'

export interface Names {
  /** Of the resource that a change makes. */
  readonly takes: readonly string[]
  /** Of the resource that a change ends. */
  readonly frees: readonly string[]
}

export const namesOf = (known: KnownResources, draft: Draft): Names => namesAs(known, draft, 'ours')

/** `ours`: with the names that are unique in the table, though AWS may allow several. */
function namesAs(
  known: KnownResources,
  { action, companion, resource }: Draft,
  whose: 'ours' | 'aws',
): Names {
  const table = tableOf(known, resource)
  const isNamed = table.named || (whose === 'ours' && table.uniqueKey)
  const makes = action === 'create' || action === 'replace'
  const ends = (action === 'delete' || action === 'replace') && !companion
  return {
    takes: makes ? namesIn(table, isNamed, resource.place, resource.desired ?? {}) : [],
    frees: ends ? namesIn(table, isNamed, resource.cloudPlace ?? resource.place, resource.base ?? {}) : [],
  }
}

function namesIn(
  table: TableSpec,
  isNamed: boolean,
  { accountId, region }: RowPlace,
  row: Row,
): readonly string[] {
  const inPlace = (columns: readonly string[]) =>
    canonicalJson([
      table.name,
      accountId,
      region,
      ...columns.map((name) => [name, meaningOf(table.columns[name], row, name)]),
    ])
  const alone = Object.keys(table.columns).filter((name) => collides(table, name))
  const together = isNamed ? [table.naturalKey] : []
  return [...together, ...alone.map((name) => [name])].flatMap((columns) =>
    columns.every((name) => (row[name] ?? null) !== null) ? [inPlace(columns)] : [],
  )
}

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

/** Where replacements keep their names, or hand them round in a ring, no new one can stand before an old one goes. */
export function endFirstInRings(known: KnownResources, drafts: Map<string, Draft>): void {
  const replaced = [...drafts.values()].filter(({ action }) => action === 'replace')
  const names = new Map(replaced.map((draft) => [keyOf(draft.resource), namesAs(known, draft, 'aws')]))
  const freedBy = new Map([...names].flatMap(([key, { frees }]) => frees.map((name) => [name, key] as const)))
  for (const key of names.keys()) {
    const draft = drafts.get(key)
    if (draft && !draft.replaceBefore && isInRing(key, names, freedBy)) {
      drafts.set(key, { ...draft, replaceBefore: true })
    }
  }
}

function isInRing(
  start: string,
  names: ReadonlyMap<string, Names>,
  freedBy: ReadonlyMap<string, string>,
): boolean {
  const seen = new Set<string>()
  const queue = [start]
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const name of names.get(key)?.takes ?? []) {
      const next = freedBy.get(name)
      if (next === start) return true
      if (next === undefined || seen.has(next)) continue
      seen.add(next)
      queue.push(next)
    }
  }
  return false
}
