/**
 * Functions with a secret among their results. What is stored for the statement to find has a stand-in for each; the values
 * wait here, encrypted, until the rows that hold the stand-ins are about to leave. So PostgreSQL never has them.
 */
import { randomUUID } from 'node:crypto'
import type { FuncCall, Node, RangeFunction, SelectStmt } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import type { RpcDescription } from '#engine/model/rpc.ts'
import type { Cipher } from '../ports.ts'
import type { TextRow } from '../statement/record-text.ts'

/** Encrypted values by their stand-ins. */
export type ShownOnce = Record<string, string>

const secretColumns = ({ columns }: RpcDescription): readonly string[] =>
  columns.flatMap(({ name, secret }) => (secret ? [name] : []))

export const hasSecrets = (description: RpcDescription): boolean => secretColumns(description).length > 0

/** The only form in which nothing can be done with a value but to show it, or to take it. */
export function refuseOtherForms(
  node: Node,
  description: RpcDescription,
  schema: string,
): IasqlError | undefined {
  if ('SelectStmt' in node && isPlainCall(node.SelectStmt, description, schema)) return undefined
  const { name } = description
  const why = hasSecrets(description) ? 'gives a secret that is shown once' : 'takes a secret'
  const message = `${name}() ${why}, so it runs only as SELECT … FROM ${name}(…)`
  return new IasqlError('sql/unsupported', message, {
    hint: `Select its columns as they are: SELECT * FROM ${name}('…'), without WITH, joins, expressions, EXPLAIN or INTO.`,
  })
}

/** Keys of a statement that do no more than to choose columns. */
const plainKeys: ReadonlySet<string> = new Set(['targetList', 'fromClause', 'limitOption', 'op'])

function isPlainCall(select: SelectStmt, description: RpcDescription, schema: string): boolean {
  const [from, ...others] = select.fromClause ?? []
  if (!Object.keys(select).every((key) => plainKeys.has(key)) || others.length > 0) return false
  if (!from || !('RangeFunction' in from)) return false
  const call = onlyCall(from.RangeFunction)
  const isCalled = call !== undefined && namesOf(call.funcname) === nameOf(call, description, schema)
  const columns = columnsOf(from.RangeFunction, description)
  return (
    isCalled &&
    (call.args ?? []).every(isValue) &&
    (select.targetList ?? []).every((target) => isColumn(target, columns))
  )
}

/** What the FROM clause has of a function: none inside of it, and none beside it. */
function onlyCall({ functions = [] }: RangeFunction): FuncCall | undefined {
  const [first, ...others] = functions
  const [outermost] = first && 'List' in first ? (first.List.items ?? []) : []
  return others.length === 0 && outermost && 'FuncCall' in outermost ? outermost.FuncCall : undefined
}

const namesOf = (names: readonly Node[] = []): string =>
  JSON.stringify(names.map((name) => ('String' in name ? name.String.sval : undefined)))

const nameOf = ({ funcname }: FuncCall, { name }: RpcDescription, schema: string): string =>
  JSON.stringify((funcname ?? []).length > 1 ? [schema, name] : [name])

/** An expression could itself call the function, and keep what it gives. */
function isValue(node: Node): boolean {
  if ('A_Const' in node || 'ParamRef' in node) return true
  if ('NamedArgExpr' in node) return node.NamedArgExpr.arg !== undefined && isValue(node.NamedArgExpr.arg)
  if ('A_ArrayExpr' in node) return (node.A_ArrayExpr.elements ?? []).every(isValue)
  if (!('TypeCast' in node) || node.TypeCast.arg === undefined) return false
  const type = namesOf(node.TypeCast.typeName?.names)
  return isValue(node.TypeCast.arg) && (type === '["text"]' || type.startsWith('["pg_catalog",'))
}

/** By which the statement can have the function's columns one by one; the row as a whole would be an expression. */
function columnsOf({ alias }: RangeFunction, { columns }: RpcDescription): ReadonlySet<string> {
  const renamed = (alias?.colnames ?? []).flatMap((name) =>
    'String' in name ? (name.String.sval ?? []) : [],
  )
  return new Set(columns.map(({ name }, index) => renamed[index] ?? name))
}

function isColumn(target: Node, columns: ReadonlySet<string>): boolean {
  if (!('ResTarget' in target) || !target.ResTarget.val || !('ColumnRef' in target.ResTarget.val))
    return false
  const last = target.ResTarget.val.ColumnRef.fields?.at(-1)
  if (!last) return false
  return 'A_Star' in last || ('String' in last && columns.has(last.String.sval ?? ''))
}

/** The rows as they are stored; what they had is in `shown` afterwards. */
export async function hideRows(
  cipher: Cipher,
  description: RpcDescription,
  rows: readonly Row[],
  shown: ShownOnce,
): Promise<readonly Row[]> {
  const columns = secretColumns(description)
  const hidden: Row[] = []
  for (const row of rows) {
    const standIns: Record<string, string> = {}
    for (const column of columns) {
      const value = row[column] ?? null
      if (value === null) continue
      const standIn = `shown-once:${randomUUID()}`
      shown[standIn] = await cipher.encrypt(String(value))
      standIns[column] = standIn
    }
    hidden.push({ ...row, ...standIns })
  }
  return hidden
}

/** Rows on their way out, with the values in place of what stood for them. */
export const showRows = (
  cipher: Cipher,
  rows: readonly TextRow[],
  shown: ShownOnce,
): Promise<readonly TextRow[]> =>
  Promise.all(
    rows.map((row) =>
      Promise.all(
        row.map(async (cell) => {
          const sealed = cell === null ? undefined : shown[cell]
          return sealed === undefined ? cell : await cipher.decrypt(sealed)
        }),
      ),
    ),
  )
