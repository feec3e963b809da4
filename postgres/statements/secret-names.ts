/** Names by which a statement may get at secret columns: tables, views over them, functions that name one of these. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface SecretName {
  readonly name: string
  readonly kind: 'relation' | 'function'
}

export const secretNames = (db: Queryable, { schema: t }: Tenant): Promise<readonly SecretName[]> =>
  db.query<SecretName>(`SELECT name, kind FROM ${t}.iasql_secret_name`)
