/** One line for people: which resource, and what of it. */
import type { Json } from '#engine/model/json.ts'

interface Describable {
  readonly action: string
  readonly table: string
  readonly naturalName: string
  readonly changed: Readonly<Record<string, { readonly from: Json; readonly to: Json }>>
}

export function describeChange({ action, table, naturalName, changed }: Describable): string {
  const columns = Object.entries(changed)
  const name = `${table} ${
    naturalName ||
    columns
      .flatMap(([, { to }]) => plainText(to))
      .slice(0, 2)
      .join(' ')
  }`.trim()
  if (action === 'create' || action === 'delete' || action === 'forget' || columns.length === 0) return name
  return `${name}: ${columns.map(([column, { from, to }]) => `${column} ${text(from)} → ${text(to)}`).join(', ')}`
}

/** What stands for the name of something that has none: its first plain values. */
const plainText = (value: Json): readonly string[] => (typeof value === 'string' ? [text(value)] : [])

function text(value: Json): string {
  const written = typeof value === 'string' ? value : JSON.stringify(value)
  return written.length > 60 ? `${written.slice(0, 59)}…` : written
}
