/** A function that refuses what it was asked, in the words and codes of PostgreSQL. */
import { IasqlError } from '#engine/model/error.ts'

export const refusal = (sqlstate: string, message: string, hint: string): IasqlError =>
  new IasqlError('sql/statement-failed', message, { sqlstate, hint })
