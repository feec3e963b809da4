/** What everybody is told who comes to a tenant that is on its way. */
import { IasqlError } from '#engine/model/error.ts'

export const beingMoved = (alias: string): IasqlError =>
  new IasqlError('auth/suspended', `The tenant ${alias} is being moved to another database.`, {
    hint: 'Try again in a moment; iasql_db_list() in the home tenant tells when it is done.',
  })
