/** The mapper of a table, for tests that give it recorded answers of the SDK instead of an emulator. */
import type { Mapper } from '#modules/kit/mapper.ts'
import { findTable } from '#modules/registry.ts'

export function mapperOf(name: string): Mapper {
  const mapper = findTable(name)?.mapper
  if (!mapper) throw new Error(`no mapper of ${name}`)
  return mapper
}

/** A row whose other columns are at their defaults. */
export const rowOf = (name: string, row: object) => ({
  ...Object.fromEntries(
    Object.entries(findTable(name)?.columns ?? {}).map(([column, what]) => [column, what.default ?? null]),
  ),
  ...row,
})
