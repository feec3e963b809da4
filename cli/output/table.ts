/** `table`: aligned columns as psql prints them; widths come from the first rows, so that results of any length stream. */
import { cellLines, numericTypes, pad, widthOf } from './cells.ts'
import type { Column, Completion, Format, Row } from './format.ts'

interface Layout {
  readonly columns: readonly Column[]
  readonly widths: readonly number[]
}

export function tableFormat(): Format {
  let layout: Layout | undefined
  let count = 0
  const rowsText = (rows: readonly Row[]): string => {
    if (layout === undefined) return ''
    count += rows.length
    const { columns, widths } = layout
    return rows.map((row) => rowText(row, columns, widths)).join('')
  }
  return {
    start: () => '',
    head: (_, columns, rows) => {
      layout = { columns, widths: widthsOf(columns, rows) }
      count = 0
      return headText(layout) + rowsText(rows)
    },
    rows: rowsText,
    complete: (_, completion) => {
      const hadRows = layout !== undefined
      layout = undefined
      return hadRows ? footText(count, completion) : `${completion.tag}\n`
    },
    failed: () => {
      const text = layout === undefined ? '' : '\n'
      layout = undefined
      return text
    },
    voided: () => {
      layout = undefined
      return '(run again: the rows above are void)\n\n'
    },
    end: () => '',
  }
}

/** As psql: a query ends with its count of rows, anything else that returned rows also with its tag. */
export function footText(count: number, { tag, truncated }: Completion): string {
  const rows = `(${count} ${count === 1 ? 'row' : 'rows'}${truncated ? ', more with \\more' : ''})\n`
  return /^(SELECT|SHOW|EXPLAIN|FETCH|VALUES)\b/.test(tag) ? `${rows}\n` : `${rows}\n${tag}\n`
}

function widthsOf(columns: readonly Column[], rows: readonly Row[]): readonly number[] {
  return columns.map(({ name }, index) => {
    const cells = rows.flatMap((row) => cellLines(row[index] ?? null))
    return cells.reduce((widest, line) => Math.max(widest, widthOf(line)), nameWidth(name))
  })
}

const nameText = (name: string) => cellLines(name).join(' ')
const nameWidth = (name: string) => widthOf(nameText(name))

function headText({ columns, widths }: Layout): string {
  const names = columns.map(({ name }, index) => ` ${pad(nameText(name), widths[index] ?? 0, 'center')} `)
  const rules = widths.map((width) => '-'.repeat(width + 2))
  return `${names.join('|')}\n${columns.length === 0 ? '--' : rules.join('+')}\n`
}

/** A cell of several lines makes the row as high as itself; `+` says that a line goes on below. */
function rowText(row: Row, columns: readonly Column[], widths: readonly number[]): string {
  const cells = columns.map((_, index) => cellLines(row[index] ?? null))
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1)
  const lines = Array.from({ length: height }, (_, line) =>
    cells
      .map((cell, index) => {
        const align = numericTypes.has(columns[index]?.type ?? '') ? 'right' : 'left'
        return ` ${pad(cell[line] ?? '', widths[index] ?? 0, align)}${line < cell.length - 1 ? '+' : ' '}`
      })
      .join('|')
      .replace(/ +$/, ''),
  )
  return `${lines.join('\n')}\n`
}
