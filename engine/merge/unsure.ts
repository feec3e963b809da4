/** Columns of a base of which nothing is agreed on: they were sent, and nobody knows whether that came about. */
import type { Row } from '#engine/model/json.ts'

/** Where base keeps their names; the last observation knows nothing of them. */
export const unsureKey = '$unsure'

export function unsureColumns(base: Row | null): readonly string[] {
  const names = base?.[unsureKey]
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

export function withUnsure(base: Row, columns: readonly string[]): Row {
  if (columns.length > 0) return { ...base, [unsureKey]: [...new Set(columns)].sort() }
  return unsureKey in base
    ? Object.fromEntries(Object.entries(base).filter(([name]) => name !== unsureKey))
    : base
}

/** The base once these values are what the cloud was given. */
export function agreeOn(base: Row | null | undefined, values: Row): Row {
  const left = unsureColumns(base ?? null).filter((name) => !(name in values))
  return withUnsure({ ...base, ...values }, left)
}

export const loosened = (base: Row, columns: readonly string[]): Row =>
  withUnsure(base, [...unsureColumns(base), ...columns])
