/** `csv`: quoted as in RFC 4180, lines ended as psql ends them; a header for each statement that has columns. */
import type { Format, Row } from './format.ts'

export function csvFormat(): Format {
  const rowsText = (rows: readonly Row[]) => rows.map((row) => `${row.map(cellText).join(',')}\n`).join('')
  return {
    start: () => '',
    head: (_, columns, rows) => rowsText([columns.map(({ name }) => name), ...rows]),
    rows: rowsText,
    complete: () => '',
    failed: () => '',
    voided: () => '',
    end: () => '',
  }
}

/** NULL is nothing at all, empty text is quoted: PostgreSQL's own COPY reads the difference. */
function cellText(value: string | null): string {
  if (value === null) return ''
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
