/** Foreign keys of a schema: left out while rows come in any order, and checked when they are made again. */
import { identifier } from '#engine/ddl/sql-text.ts'
import type { Database } from '../database.ts'
import { readPages } from '../statements/paging.ts'

export interface ForeignKey {
  readonly table: string
  readonly name: string
  readonly definition: string
}

type Line = ForeignKey & { readonly sort: number }

export async function foreignKeys(db: Database, schema: string): Promise<readonly ForeignKey[]> {
  return await db.transaction(async (transaction) => {
    await transaction.run('SET LOCAL search_path = pg_catalog')
    return await readPages<Line>(
      transaction,
      `SELECT * FROM (SELECT row_number() OVER (ORDER BY c.relname, k.conname) AS sort, c.relname AS "table",
         k.conname AS name, pg_get_constraintdef(k.oid) AS definition
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         WHERE k.contype = 'f' AND k.connamespace = CAST(:schema AS regnamespace)) f
       WHERE f.sort > :after::bigint ORDER BY f.sort LIMIT :most::bigint`,
      { schema },
    )
  })
}

export const dropForeignKeySql = (
  schema: string,
  { table, name }: Pick<ForeignKey, 'table' | 'name'>,
): string => `ALTER TABLE ${schema}.${identifier(table)} DROP CONSTRAINT IF EXISTS ${identifier(name)}`

/** A definition is the engine's own, with no colon that the Data API could take for a parameter. */
export const addForeignKeySql = (schema: string, { table, name, definition }: ForeignKey): string =>
  `ALTER TABLE ${schema}.${identifier(table)} ADD CONSTRAINT ${identifier(name)} ${definition}`
