/** How a statement is run: under a cursor, by EXECUTE, or by the runner itself. */
import type { Node, SelectStmt } from 'libpg-query'
import { intoClause } from './select-into.ts'

export type StatementForm =
  /** Gives rows. `holds`: they leave after the commit, because the statement may have written. */
  | { readonly kind: 'rows'; readonly holds: boolean }
  /** CALL and EXECUTE: only PostgreSQL knows whether they give rows. */
  | { readonly kind: 'either' }
  | { readonly kind: 'execute' }
  | { readonly kind: 'transaction' }
  | { readonly kind: 'setting' }

const modifies = (select: SelectStmt): boolean =>
  (select.withClause?.ctes ?? []).some((item) => {
    const query = 'CommonTableExpr' in item ? item.CommonTableExpr.ctequery : undefined
    return query !== undefined && !('SelectStmt' in query)
  })

const returns = (node: Node): boolean => {
  if ('InsertStmt' in node) return node.InsertStmt.returningList !== undefined
  if ('UpdateStmt' in node) return node.UpdateStmt.returningList !== undefined
  if ('DeleteStmt' in node) return node.DeleteStmt.returningList !== undefined
  return 'MergeStmt' in node && node.MergeStmt.returningList !== undefined
}

export function statementForm(node: Node): StatementForm {
  if ('SelectStmt' in node) {
    return intoClause(node) ? { kind: 'execute' } : { kind: 'rows', holds: modifies(node.SelectStmt) }
  }
  if ('TransactionStmt' in node) return { kind: 'transaction' }
  if ('VariableSetStmt' in node) return { kind: 'setting' }
  if ('VariableShowStmt' in node) return { kind: 'rows', holds: false }
  if ('FetchStmt' in node) return node.FetchStmt.ismove ? { kind: 'execute' } : { kind: 'rows', holds: false }
  if ('CallStmt' in node || 'ExecuteStmt' in node) return { kind: 'either' }
  if ('ExplainStmt' in node || returns(node)) return { kind: 'rows', holds: true }
  return { kind: 'execute' }
}

/** Statements whose own writes come before the functions in them run: their transaction may have written. */
export function writesBeforeItsQuery(node: Node): boolean {
  if ('CreateTableAsStmt' in node || 'RefreshMatViewStmt' in node) return true
  if ('SelectStmt' in node) return intoClause(node) !== undefined
  if (!('InsertStmt' in node)) return false
  const source = node.InsertStmt.selectStmt
  return source !== undefined && 'SelectStmt' in source && source.SelectStmt.valuesLists === undefined
}
