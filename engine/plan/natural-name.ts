/** The name people know a row by, made of the columns of its natural key. */
import { isObject } from '#engine/columns/canonical-json.ts'
import type { CloudId } from '#engine/model/cloud.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from './resource.ts'

type NameOf = (table: string, rowId: number) => string | null

/** `first/10.0.1.0/24` for a subnet; null when a part of the key has no value. */
export function naturalName(table: TableSpec, row: Row, nameOf: NameOf = () => null): string | null {
  const parts = table.naturalKey.map((name) => partName(table.columns[name], row[name] ?? null, nameOf))
  return parts.length > 0 && parts.every((part) => part !== null) ? parts.join('/') : null
}

/** What tells a row from others for people: its natural name, else its cloud id, else its network; null: nothing does. */
export function shownName(
  table: TableSpec,
  row: Row,
  cloudId: CloudId | null,
  nameOf?: NameOf,
): string | null {
  return (
    naturalName(table, row, nameOf) ?? (cloudId ? describeCloudId(cloudId) : (networkIn(table, row) ?? null))
  )
}

/** What nothing else tells from others; beside the name of its table. */
export const rowName = (rowId: number): string => `row ${rowId}`

function networkIn({ columns }: TableSpec, row: Row): string | undefined {
  const networks = Object.entries(columns).flatMap(([name, { equality }]) => {
    const value = row[name]
    return equality === 'cidr' && typeof value === 'string' ? [value] : []
  })
  return networks[0]
}

function partName(column: Column | undefined, value: Json, nameOf: NameOf): string | null {
  if (value === null) return null
  const reference = column?.reference
  if (reference?.by === 'id' && typeof value === 'number') {
    const target = unqualified(reference.table)
    return nameOf(target, value) ?? `${target} ${value}`
  }
  if (column?.equality === 'tags') {
    const name = isObject(value) ? value.Name : null
    return typeof name === 'string' && name !== '' ? name : null
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A cloud id as one text; by the names of its parts, for a database keeps their order no better than a mapper. */
export const describeCloudId = (id: CloudId): string =>
  Object.entries(id)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, part]) => part)
    .join('|')

/** The `id` column of previews and results: the cloud id, else the natural name, else the row id. */
export function describeId(change: {
  readonly cloudId: CloudId | null
  readonly naturalName: string
  readonly rowId: number
}): string {
  if (change.cloudId) return describeCloudId(change.cloudId)
  const { naturalName: name, rowId } = change
  return name === '' || name === rowName(rowId) ? String(rowId) : name
}
