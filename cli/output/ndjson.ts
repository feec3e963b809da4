/** `ndjson`: one object a row on a line of its own, for pipes; tags are not rows and do not appear. */
import type { Column, Format, Row } from './format.ts'

export function ndjsonFormat(): Format {
  let keys: readonly string[] = []
  const rowsText = (rows: readonly Row[]) => rows.map((row) => `${lineOf(keys, row)}\n`).join('')
  return {
    start: () => '',
    head: (_, columns, rows) => {
      keys = uniqueNames(columns).map((name) => JSON.stringify(name))
      return rowsText(rows)
    },
    rows: rowsText,
    complete: () => '',
    failed: () => '',
    voided: () => '',
    end: () => '',
  }
}

/** Not by an object of JavaScript: that would put number-like names first and lose `__proto__`. */
const lineOf = (keys: readonly string[], row: Row): string =>
  `{${keys.map((key, index) => `${key}:${JSON.stringify(row[index] ?? null)}`).join(',')}}`

/** SQL lets columns share a name, an object does not: the second `x` becomes `x_2`. */
function uniqueNames(columns: readonly Column[]): readonly string[] {
  const taken = new Set<string>()
  return columns.map(({ name }) => {
    let unique = name
    for (let count = 2; taken.has(unique); count++) unique = `${name}_${count}`
    taken.add(unique)
    return unique
  })
}
