/** Rows of tables at one moment, found by id and by values. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Row } from '#engine/model/json.ts'

export interface KnownRows {
  get(table: string, id: number): Row | undefined
  put(table: string, id: number, row: Row): void
  remove(table: string, id: number): void
  all(table: string): readonly Row[]
  /** Ids of the rows that agree with `row` in these columns, in the order in which they were made. */
  alike(table: string, columns: readonly string[], row: Row): readonly number[]
}

interface Known {
  readonly rows: Map<number, { readonly row: Row; readonly place: number }>
  /** By columns and their values: made when it is first asked for. */
  readonly indexes: Map<
    string,
    { readonly columns: readonly string[]; readonly ids: Map<string, Set<number>> }
  >
}

const valuesOf = (columns: readonly string[], row: Row): string =>
  canonicalJson(columns.map((name) => row[name] ?? null))

export function knownRows(): KnownRows {
  const tables = new Map<string, Known>()
  let made = 0
  const of = (table: string): Known => {
    const found = tables.get(table) ?? { rows: new Map(), indexes: new Map() }
    tables.set(table, found)
    return found
  }
  const forget = ({ rows, indexes }: Known, id: number): void => {
    const known = rows.get(id)
    if (!known) return
    for (const { columns, ids } of indexes.values()) ids.get(valuesOf(columns, known.row))?.delete(id)
  }
  const note = (ids: Map<string, Set<number>>, key: string, id: number): void => {
    const noted = ids.get(key)
    if (noted) noted.add(id)
    else ids.set(key, new Set([id]))
  }
  return {
    get: (table, id) => tables.get(table)?.rows.get(id)?.row,
    all: (table) => [...(tables.get(table)?.rows.values() ?? [])].map(({ row }) => row),
    put(table, id, row) {
      const known = of(table)
      forget(known, id)
      made += 1
      known.rows.set(id, { row, place: known.rows.get(id)?.place ?? made })
      for (const { columns, ids } of known.indexes.values()) note(ids, valuesOf(columns, row), id)
    },
    remove(table, id) {
      const known = of(table)
      forget(known, id)
      known.rows.delete(id)
    },
    alike(table, columns, row) {
      const known = of(table)
      const name = columns.join(' ')
      const index = known.indexes.get(name) ?? { columns, ids: new Map<string, Set<number>>() }
      if (!known.indexes.has(name)) {
        for (const [id, other] of known.rows) note(index.ids, valuesOf(columns, other.row), id)
        known.indexes.set(name, index)
      }
      const found = [...(index.ids.get(valuesOf(columns, row)) ?? [])]
      return found.length < 2 ? found : found.sort((a, b) => placeOf(known, a) - placeOf(known, b))
    },
  }
}

const placeOf = ({ rows }: Known, id: number): number => rows.get(id)?.place ?? 0
