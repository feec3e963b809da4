/** `json`: one array with one object for each statement, written as it comes and always closed. */
import type { Format, Row, Statement } from './format.ts'

export function jsonFormat(): Format {
  let isFirst = true
  let isOpen = false
  let hasRows = false

  /** The beginning of the statement's object, unless its columns have opened it. */
  const open = ({ index, kind }: Statement): string => {
    if (isOpen) return ''
    const separator = isFirst ? '\n' : ',\n'
    isFirst = false
    isOpen = true
    return `${separator}${JSON.stringify({ statement: index, kind }).slice(0, -1)}`
  }
  const rowsText = (rows: readonly Row[]): string => {
    if (rows.length === 0) return ''
    const text = `${hasRows ? ',' : ''}${rows.map((row) => JSON.stringify(row)).join(',')}`
    hasRows = true
    return text
  }
  const close = (fields: object): string => {
    isOpen = false
    return `${JSON.stringify(fields).slice(1)}`
  }
  /** Columns and rows belong to every object of a statement that did not fail. */
  const endOfRows = (wasOpen: boolean): string => (wasOpen ? '],' : ',')

  return {
    start: () => '[',
    head: (statement, columns, rows) => {
      hasRows = false
      return `${open(statement)},"columns":${JSON.stringify(columns)},"rows":[${rowsText(rows)}`
    },
    rows: rowsText,
    complete: (statement, { tag, rowCount, durationMs }) => {
      const wasOpen = isOpen
      const begin = wasOpen ? '' : `${open(statement)},"columns":[],"rows":[`
      return `${begin}${endOfRows(true)}${close({ tag, rowCount, durationMs })}`
    },
    failed: (statement, error) => {
      const wasOpen = isOpen
      return `${open(statement)}${endOfRows(wasOpen)}${close({ error })}`
    },
    voided: () => `],${close({ voided: true })}`,
    end: () => (isFirst ? ']\n' : '\n]\n'),
  }
}
