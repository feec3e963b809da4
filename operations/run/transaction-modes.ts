/** The modes of BEGIN and SET TRANSACTION, written afresh from the tree. */
import type { Node } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'

const levels = new Set(['read uncommitted', 'read committed', 'repeatable read', 'serializable'])

const modeOf = (option: Node): string => {
  const { defname, arg } = 'DefElem' in option ? option.DefElem : {}
  const value = arg && 'A_Const' in arg ? arg.A_Const : undefined
  const isOn = (value?.ival?.ival ?? 0) !== 0
  if (defname === 'transaction_read_only') return isOn ? 'READ ONLY' : 'READ WRITE'
  if (defname === 'transaction_deferrable') return isOn ? 'DEFERRABLE' : 'NOT DEFERRABLE'
  const level = value?.sval?.sval?.toLowerCase() ?? ''
  if (!levels.has(level)) throw new IasqlError('sql/unsupported', `invalid transaction mode "${level}"`)
  return `ISOLATION LEVEL ${level.toUpperCase()}`
}

export const transactionModes = (options: readonly Node[] | undefined): string =>
  (options ?? []).map(modeOf).join(', ')
