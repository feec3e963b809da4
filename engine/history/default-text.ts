/** Which region or account is the default: it changes of two rows at once, so that there is always one. */
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { quoted } from './value-text.ts'

interface RowChange {
  readonly from: Row
  readonly to: Row
}

const keys: Readonly<Record<string, string>> = { aws_regions: 'region', aws_accounts: 'account_id' }

/** Undefined unless the row becomes the default. */
export function defaultText(table: TableSpec, { from, to }: RowChange): string | undefined {
  const key = keys[table.name]
  if (key === undefined || to.is_default !== true || from.is_default === true) return undefined
  const isIt = `${key} = ${quoted(String(to[key]))}`
  return `UPDATE ${table.name} SET is_default = (${isIt}) WHERE is_default OR ${isIt};`
}

/** The rest of the change: what loses the default loses it to another. */
export const withoutDefault = (table: TableSpec, { from, to }: RowChange): RowChange =>
  table.name in keys ? { from: { ...from, is_default: to.is_default ?? null }, to } : { from, to }
