/** Why a transaction cannot be ended as it was asked for, in words that name the rows. */
import { IasqlError } from '#engine/model/error.ts'
import { listed } from '#engine/plan/listed-names.ts'

const mostLines = 100

export interface EditedSince {
  /** `queue jobs` */
  readonly title: string
  readonly columns: readonly string[]
  readonly by: readonly Editor[]
}

interface Editor {
  readonly actor: string
  readonly transactionId: string
  readonly isOpen: boolean
}

/** What cannot be done with the transaction; `id`: of one that is to be reverted. */
type Refused =
  | { readonly verb: 'committed' | 'rolled back' }
  | { readonly verb: 'reverted'; readonly id: string }

export function editedSince(refused: Refused, rows: readonly EditedSince[]): IasqlError {
  const others = [...new Set(rows.flatMap(({ by }) => by.map(({ actor }) => actor)))].sort()
  const titles = rows.map(({ title }) => title)
  return new IasqlError(
    'transaction/edited',
    `the transaction cannot be ${refused.verb}: ${others.join(', ') || 'others'} edited ${listed(titles)} since`,
    {
      detail: rows
        .slice(0, mostLines)
        .map(({ title, columns, by }) => lineOf(title, columns, by))
        .join('\n'),
      hint: `${hintFor(rows.flatMap(({ by }) => by))}${otherWayFor(refused, rows)}`,
    },
  )
}

/** An open transaction cannot be reverted: its own session ends it. */
function hintFor(editors: readonly Editor[]): string {
  const last = editors.at(-1)
  if (!last) return 'Look at these rows in iasql_audit_log.'
  const open = editors.findLast(({ isOpen }) => isOpen)
  if (open) {
    return (
      `Transaction ${open.transactionId} of ${open.actor} is still open: once its session has taken those edits back, ` +
      'by SELECT * FROM iasql_rollback(), try again.'
    )
  }
  const several = new Set(editors.map(({ transactionId }) => transactionId)).size > 1
  return `Have those edits taken back first: SELECT * FROM iasql_revert('${last.transactionId}')${several ? ', and so on as the detail says' : ''}.`
}

/** Where whoever is in the way waits for this transaction in turn, its own session goes on from what there is. */
function otherWayFor(refused: Refused, rows: readonly EditedSince[]): string {
  switch (refused.verb) {
    case 'rolled back':
      return ''
    case 'committed':
      return rows.every(({ columns }) => columns.length > 0)
        ? ' Or set those columns once more, to what you want: then it can be committed.'
        : ''
    case 'reverted': {
      const isOpen = rows.some(({ by }) => by.some((editor) => editor.isOpen))
      return isOpen ? ` Within it they are gone over by SELECT * FROM iasql_revert('${refused.id}').` : ''
    }
  }
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
