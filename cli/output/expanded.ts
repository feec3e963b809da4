/** The table turned by `\x`: one column a line, for rows that are wider than the screen. */
import { cellLines, pad, widthOf } from './cells.ts'
import type { Column, Format, Row } from './format.ts'
import { footText } from './table.ts'

export function expandedFormat(): Format {
  let columns: readonly Column[] | undefined
  let count = 0
  const rowsText = (rows: readonly Row[]) =>
    rows.map((row) => recordText(++count, columns ?? [], row)).join('')
  return {
    start: () => '',
    head: (_, given, rows) => {
      columns = given
      count = 0
      return rowsText(rows)
    },
    rows: rowsText,
    complete: (_, completion) => {
      const hadRows = columns !== undefined
      columns = undefined
      return hadRows ? footText(count, completion) : `${completion.tag}\n`
    },
    failed: () => {
      columns = undefined
      return ''
    },
    voided: () => {
      columns = undefined
      return '(run again: the rows above are void)\n\n'
    },
    end: () => '',
  }
}

function recordText(number: number, columns: readonly Column[], row: Row): string {
  const width = columns.reduce((widest, { name }) => Math.max(widest, widthOf(name)), 0)
  const lines = columns.flatMap(({ name }, index) =>
    cellLines(row[index] ?? null).map((line, at) => `${pad(at === 0 ? name : '', width, 'left')} | ${line}`),
  )
  return `${[`-[ RECORD ${number} ]${'-'.repeat(Math.max(1, width - 8))}`, ...lines].join('\n')}\n`
}
