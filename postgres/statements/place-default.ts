/** The default region or account of a tenant. */
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

interface DefaultPlace {
  readonly table: 'aws_regions' | 'aws_accounts'
  readonly column: 'region' | 'account_id'
  readonly value: string
}

export async function knownPlaces(
  db: Queryable,
  tenant: Tenant,
  table: DefaultPlace['table'],
  column: DefaultPlace['column'],
): Promise<readonly string[]> {
  const rows = await db.query<{ value: string }>(
    `SELECT ${column} AS value FROM ${tenant.schema}.${table} ORDER BY 1`,
  )
  return rows.map((row) => row.value)
}

/** False when there is no such region or account. A region that becomes the default is enabled too. */
export async function setDefaultPlace(
  db: Queryable,
  tenant: Tenant,
  { table, column, value }: DefaultPlace,
): Promise<boolean> {
  const enabled = table === 'aws_regions' ? ', is_enabled = is_enabled OR q.new' : ''
  const changed = await db.run(
    `UPDATE ${tenant.schema}.${table} p SET is_default = q.new${enabled}
     FROM (SELECT id, ${column} = :value AS new FROM ${tenant.schema}.${table}) q, ${noteAuthor}
     WHERE q.id = p.id AND (p.is_default OR q.new)
       AND EXISTS (SELECT FROM ${tenant.schema}.${table} WHERE ${column} = :value)`,
    { value },
  )
  return changed > 0
}
