/** Why a transaction cannot be ended as it was asked for, in words that name the rows. */
import { IasqlError } from '#engine/model/error.ts'

const mostNames = 10
const mostLines = 100

export const listed = (names: readonly string[]): string =>
  names.length <= mostNames
    ? names.join(', ')
    : `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`

export interface EditedSince {
  /** `queue jobs` */
  readonly title: string
  readonly columns: readonly string[]
  readonly by: readonly { readonly actor: string; readonly transactionId: string }[]
}

/** `verb`: what cannot be done with the transaction. */
export function editedSince(verb: string, rows: readonly EditedSince[]): IasqlError {
  const others = [...new Set(rows.flatMap(({ by }) => by.map(({ actor }) => actor)))].sort()
  const ids = [...new Set(rows.flatMap(({ by }) => by.map(({ transactionId }) => transactionId)))]
  const titles = rows.map(({ title }) => title)
  return new IasqlError(
    'transaction/edited',
    `the transaction cannot be ${verb}: ${others.join(', ') || 'others'} edited ${listed(titles)} since`,
    {
      detail: rows
        .slice(0, mostLines)
        .map(({ title, columns, by }) => lineOf(title, columns, by))
        .join('\n'),
      hint:
        ids.length > 0
          ? `Have those edits taken back first: SELECT * FROM iasql_revert('${ids.at(-1)}')${ids.length > 1 ? ', and so on as the detail says' : ''}.`
          : 'Look at these rows in iasql_audit_log.',
    },
  )
}

const lineOf = (title: string, columns: readonly string[], by: EditedSince['by']): string => {
  const what = columns.length > 0 ? `: ${columns.join(', ')}` : ''
  const who = by.map(({ actor, transactionId }) => `${actor} in transaction ${transactionId}`).join(', ')
  return `${title}${what}${who === '' ? '' : `, by ${who}`}`
}

export const rowsGone = (transactionId: string, titles: readonly string[]): IasqlError =>
  new IasqlError(
    'transaction/gone',
    `transaction ${transactionId} cannot be reverted: ${listed(titles)} ${titles.length === 1 ? 'is' : 'are'} gone`,
    { detail: titles.slice(0, mostLines).join('\n') },
  )

export const beginningGone = (transactionId: string): IasqlError =>
  new IasqlError(
    'transaction/gone',
    `transaction ${transactionId} cannot be reverted: the audit log does not reach back to its beginning any more`,
    { hint: 'Edit the rows as they are to be, and look at it with SELECT * FROM iasql_preview().' },
  )

export const stillReferred = (verb: string, lines: readonly string[]): IasqlError =>
  new IasqlError(
    'transaction/edited',
    `the transaction cannot be ${verb}: rows that it has made are referred to by others: ${listed(lines)}`,
    {
      detail: lines.slice(0, mostLines).join('\n'),
      hint: 'Set another value there, or delete those rows, first.',
    },
  )
