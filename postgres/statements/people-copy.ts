/** The tenant's own copies of its members and tokens, made equal to what the platform has. */
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import type { People } from './people.ts'

interface Copy {
  readonly table: string
  readonly key: string
  /** Columns besides the key, with their types. */
  readonly columns: Readonly<Record<string, string>>
  readonly rows: readonly object[]
}

/** Rows that stay as they are are not touched, so that the audit log has what was changed and no more. */
export async function copyPeople(
  db: Queryable,
  { schema: t }: Pick<Tenant, 'schema'>,
  { members, tokens }: People,
): Promise<void> {
  const copies: readonly Copy[] = [
    {
      table: 'iasql_member',
      key: 'subject',
      columns: { role: 'text', added_at: 'timestamptz' },
      rows: members,
    },
    {
      table: 'iasql_token_record',
      key: 'name',
      columns: { role: 'text', created_at: 'timestamptz', expires_at: 'timestamptz' },
      rows: tokens,
    },
  ]
  for (const copy of copies) {
    const parameters = { rows: JSON.stringify(copy.rows) }
    await db.run(goneSql(t, copy), parameters)
    await db.run(putSql(t, copy), parameters)
  }
}

const given = ({ key, columns }: Copy): string =>
  `jsonb_to_recordset(CAST(:rows AS jsonb)) AS p (${key} text, ${Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')})`

const goneSql = (t: string, copy: Copy): string =>
  `DELETE FROM ${t}.${copy.table} o USING ${noteAuthor}
   WHERE NOT EXISTS (SELECT FROM ${given(copy)} WHERE p.${copy.key} = o.${copy.key})`

function putSql(t: string, copy: Copy): string {
  const names = Object.keys(copy.columns)
  const listed = (of: string) => names.map((name) => `${of}.${name}`).join(', ')
  return `INSERT INTO ${t}.${copy.table} AS o (${copy.key}, ${names.join(', ')})
   SELECT p.${copy.key}, ${listed('p')} FROM ${given(copy)}, ${noteAuthor}
   ON CONFLICT (${copy.key}) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
   WHERE (${listed('o')}) IS DISTINCT FROM (${listed('excluded')})`
}
