/** The managed table that a user names, or an error that says which there are. */
import { IasqlError } from '#engine/model/error.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { nearest } from '../rpc/nearest.ts'
import type { InstalledTables } from './installed-tables.ts'

export function namedTable(tables: InstalledTables, name: string): ResourceType {
  const type = tables.types.find((one) => one.name === name)
  if (type) return type
  const known = tables.types.map((one) => one.name)
  throw new IasqlError('module/missing', `there is no managed table ${name}${nearest(name, known)}`, {
    hint: 'SELECT * FROM iasql_tables lists the tables; install the module of the one you mean.',
  })
}
