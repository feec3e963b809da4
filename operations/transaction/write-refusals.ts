/** What the database says when rows cannot be as they were, in words about the transaction. */
import { IasqlError } from '#engine/model/error.ts'
import { databaseErrorOf, sqlstateOf } from '#postgres/database-error.ts'

/** References and names that others have made since, a check, a guard, or a lock that somebody holds. */
export const isRefusedWrite = (error: unknown): boolean => {
  const state = databaseErrorOf(error)?.sqlstate ?? ''
  return /^(23|22|42501|IQ|P0|40P01|55P03)/.test(state)
}

/** Somebody holds a row, and will let go of it. */
export const isLocked = (error: unknown): boolean => ['55P03', '40P01'].includes(sqlstateOf(error) ?? '')

/** Any other error stays what it is. */
export function asRefusal(verb: string, error: unknown): unknown {
  const fields = databaseErrorOf(error)
  if (!fields || error instanceof IasqlError || !isRefusedWrite(error)) return error
  const { message, detail, hint } = fields
  return new IasqlError('transaction/edited', `the transaction cannot be ${verb}: ${message}`, {
    sqlstate: fields.sqlstate,
    ...(detail ? { detail } : {}),
    hint: isLocked(error)
      ? 'Another transaction holds rows of it: try again when that has ended.'
      : (hint ?? 'Others have changed what these rows depend on: have that taken back first.'),
    cause: error,
  })
}
