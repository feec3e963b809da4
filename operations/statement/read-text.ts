/** A client's text, read before anything of it runs: its statements, or why nothing of it may run. */
import { IasqlError } from '#engine/model/error.ts'
import type { StatementSummary } from '#websocket/messages.ts'
import { baseTag } from './command-tag.ts'
import { type Statement, splitStatements } from './split-statements.ts'

export type TextReading =
  | { readonly kind: 'statements'; readonly summaries: readonly StatementSummary[] }
  | { readonly kind: 'error'; readonly statement: number; readonly error: IasqlError }

const summaryOf = ({ node, start, end, keyword }: Statement): StatementSummary => ({
  kind: baseTag(node).toLowerCase(),
  start,
  end,
  keyword,
})

/** The BEGIN whose block has no end in the same text. */
const openBlock = (statements: readonly Statement[]): Statement | undefined => {
  let open: Statement | undefined
  for (const statement of statements) {
    const { node } = statement
    const kind = 'TransactionStmt' in node ? node.TransactionStmt.kind : undefined
    if (kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START') open ??= statement
    if (kind === 'TRANS_STMT_COMMIT' || kind === 'TRANS_STMT_ROLLBACK') open = undefined
  }
  return open
}

export async function readText(sql: string): Promise<TextReading> {
  const split = await splitStatements(sql)
  if (split.kind === 'error') return split
  const open = openBlock(split.statements)
  if (!open) return { kind: 'statements', summaries: split.statements.map(summaryOf) }
  const error = new IasqlError(
    'sql/unsupported',
    `${open.keyword} has no COMMIT or ROLLBACK in the same text`,
    {
      hint: 'Send BEGIN … COMMIT as one text; nothing of this one was run.',
      position: open.charactersBefore + 1,
    },
  )
  return { kind: 'error', statement: open.index, error }
}
