/** Takes rows apart that PostgreSQL wrote as record text: `(1,"x, ""y""",,{1})`; an empty field is NULL. */
export type TextRow = readonly (string | null)[]

/** End of a quoted field (its closing quote), or -1 when the text ends before. */
const quoteEnd = (text: string, start: number): number => {
  let at = start
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote < 0 || quote + 1 >= text.length) return -1
    if (text.charCodeAt(quote + 1) !== 34) return quote
    at = quote + 2
  }
}

const unquote = (text: string): string => {
  const plain = text.includes('""') ? text.replaceAll('""', '"') : text
  return plain.includes('\\') ? plain.replaceAll('\\\\', '\\') : plain
}

/** End of an unquoted field: the comma or bracket behind it, or the length of the text when it is not there yet. */
const plainEnd = (text: string, start: number): number => {
  let at = start
  while (at < text.length && text.charCodeAt(at) !== 44 && text.charCodeAt(at) !== 41) at++
  return at
}

/** Reads one record that starts at `start`; returns where the next one starts, or -1 when it is incomplete. */
const readRecord = (text: string, start: number, fields: (string | null)[]): number => {
  let at = start + 1
  for (;;) {
    if (text.charCodeAt(at) === 34) {
      const end = quoteEnd(text, at + 1)
      if (end < 0) return -1
      fields.push(unquote(text.slice(at + 1, end)))
      at = end + 1
    } else {
      const end = plainEnd(text, at)
      if (end >= text.length) return -1
      fields.push(end === at ? null : text.slice(at, end))
      at = end
    }
    const delimiter = text.charCodeAt(at)
    if (delimiter === 41) return at + 1
    if (delimiter !== 44) return -1
    at++
  }
}

/** Parses records that stand side by side; `rest` is the beginning of one whose end has not come yet. */
export function parseRecords(text: string, columnCount: number): { rows: readonly TextRow[]; rest: string } {
  const rows: TextRow[] = []
  let at = 0
  while (at < text.length) {
    const fields: (string | null)[] = []
    const next = readRecord(text, at, fields)
    if (next < 0) break
    rows.push(columnCount === 0 ? [] : fields)
    at = next
  }
  return { rows, rest: text.slice(at) }
}
