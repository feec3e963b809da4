/** One line for people: which resource, and what of it. */
import type { Json } from '#engine/model/json.ts'
import type { ColumnChange } from '#engine/plan/planned-change.ts'

interface Describable {
  readonly action: string
  readonly table: string
  readonly naturalName: string
  readonly changed: Readonly<Record<string, ColumnChange>>
}

export function describeChange({ action, table, naturalName, changed }: Describable): string {
  const columns = Object.entries(changed)
  const name = `${table} ${naturalName}`.trim()
  if (action === 'create' || action === 'delete' || action === 'forget' || columns.length === 0) return name
  return `${name}: ${columns.map(([column, change]) => `${column} ${difference(change)}`).join(', ')}`
}

const difference = ({ from, to, replaced }: ColumnChange): string =>
  replaced === undefined ? `${text(from)} → ${text(to)}` : `to the new ${replaced}`

function text(value: Json): string {
  const written = typeof value === 'string' ? value : JSON.stringify(value)
  return written.length > 60 ? `${written.slice(0, 59)}…` : written
}
