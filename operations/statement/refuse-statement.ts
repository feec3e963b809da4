/** Statements that no tenant may run, or that cannot run inside the runner's transaction; a second line behind PostgreSQL's own. */
import type { FuncCall, Node } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import { baseTag } from './command-tag.ts'

const denied = new Set([
  'AlterDatabaseRefreshCollStmt',
  'AlterDatabaseSetStmt',
  'AlterDatabaseStmt',
  'AlterRoleSetStmt',
  'AlterRoleStmt',
  'AlterSystemStmt',
  'DropOwnedStmt',
  'ListenStmt',
  'LoadStmt',
  'NotifyStmt',
  'ReassignOwnedStmt',
  'UnlistenStmt',
])

const outsideTransactions = new Set([
  'AlterTableSpaceOptionsStmt',
  'CreateTableSpaceStmt',
  'CreateSubscriptionStmt',
  'CreatedbStmt',
  'DropTableSpaceStmt',
  'DropSubscriptionStmt',
  'DropdbStmt',
])

const deniedError = (tag: string): IasqlError =>
  new IasqlError('sql/refused', `permission denied to run ${tag}`)

const outsideError = (tag: string, hint: string): IasqlError =>
  new IasqlError('sql/in-transaction', `${tag} cannot run inside a transaction block`, { hint })

const own = 'Every statement runs in a transaction of its own here; this one cannot.'
const withoutConcurrently = 'Leave out CONCURRENTLY.'

const copyError = (node: Node): IasqlError | undefined => {
  if (!('CopyStmt' in node)) return undefined
  const { filename, is_program, is_from } = node.CopyStmt
  if (filename !== undefined || is_program)
    return new IasqlError('sql/refused', 'permission denied to COPY to or from a file or program')
  const hint = is_from
    ? 'Use INSERT … VALUES or INSERT … SELECT.'
    : 'Use SELECT; `iasql sql --format csv` writes CSV.'
  return new IasqlError('sql/unsupported', 'COPY to or from the client is not supported', { hint })
}

const hasOption = (options: readonly Node[] | undefined, name: string): boolean =>
  (options ?? []).some((option) => 'DefElem' in option && option.DefElem.defname === name)

const isConcurrent = (node: Node): boolean => {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true
  if ('DropStmt' in node) return node.DropStmt.concurrent === true
  if ('ReindexStmt' in node) return hasOption(node.ReindexStmt.params, 'concurrently')
  if (!('AlterTableStmt' in node)) return false
  return (node.AlterTableStmt.cmds ?? []).some((command) => {
    const definition = 'AlterTableCmd' in command ? command.AlterTableCmd.def : undefined
    return (
      definition !== undefined && 'PartitionCmd' in definition && definition.PartitionCmd.concurrent === true
    )
  })
}

const isVacuumLike = (node: Node): boolean => {
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd === true
  if ('ClusterStmt' in node) return node.ClusterStmt.relation === undefined
  return 'DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL'
}

const roleSettings = new Set(['role', 'session_authorization'])

/** Calls `set_config('application_name', …)`, by which the run is found when somebody cancels it. */
const renamesRun = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if ('FuncCall' in value) {
    const { funcname = [], args: [setting] = [] } = (value as { FuncCall: FuncCall }).FuncCall
    const called = funcname.at(-1)
    const isSetting = called !== undefined && 'String' in called && called.String.sval === 'set_config'
    const name = setting !== undefined && 'A_Const' in setting ? setting.A_Const.sval?.sval : undefined
    if (isSetting && name?.toLowerCase() === 'application_name') return true
  }
  return Object.values(value).some(renamesRun)
}

const blockOnly = (tag: string): IasqlError =>
  new IasqlError('sql/unsupported', `${tag} can only be used in transaction blocks`, {
    sqlstate: '25P01',
    hint: `Send BEGIN; ${tag} …; COMMIT as one text.`,
  })

/** The error to answer with, or undefined when PostgreSQL shall decide. */
export function refuseStatement(
  node: Node,
  { isInBlock }: { readonly isInBlock: boolean },
): IasqlError | undefined {
  const name = Object.keys(node)[0] ?? ''
  const tag = baseTag(node)
  if (denied.has(name)) return deniedError(tag)
  if (outsideTransactions.has(name) || isVacuumLike(node)) return outsideError(tag, own)
  if (isConcurrent(node)) return outsideError(`${tag} CONCURRENTLY`, withoutConcurrently)
  if ('VariableSetStmt' in node && roleSettings.has(node.VariableSetStmt.name ?? '')) {
    return deniedError(`SET ${node.VariableSetStmt.name?.replace('_', ' ').toUpperCase()}`)
  }
  if (renamesRun(node))
    return new IasqlError('sql/refused', 'setting "application_name" belongs to the server')
  if ('TransactionStmt' in node && /PREPARE/.test(node.TransactionStmt.kind ?? '')) return deniedError(tag)
  if (!isInBlock && ('PrepareStmt' in node || 'DeclareCursorStmt' in node)) return blockOnly(tag)
  return copyError(node)
}
