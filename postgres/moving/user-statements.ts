/** The statements that make what a tenant has made itself once more, as PostgreSQL itself writes them. */
import type { Database } from '../database.ts'
import { readPages } from '../statements/paging.ts'
import type { Tenant } from '../tenant.ts'
import type { StatementQuery } from './statement-query.ts'
import { ownedSequences, populated, triggers } from './user-behaviour.ts'
import { comments, rights, rightsToCome } from './user-rights.ts'
import { checks, indexes, keys, references, statistics, tables, viewDefaults, views } from './user-tables.ts'
import { columnTuning, tableTuning } from './user-tuning.ts'
import { domainChecks, routines, sequences, types } from './user-types.ts'

export interface UserStatement {
  /** Unique among them: what it makes, in words for people. */
  readonly step: string
  readonly sql: string
  /** May fail, as filling a materialized view whose query does not work any more. */
  readonly optional: boolean
}

/** What rows need, and what is quicker to keep up to date than to make later; then what rows need not obey on their way. */
const beforeRows: readonly StatementQuery[] = [
  types,
  sequences,
  routines,
  tables,
  keys,
  views,
  indexes,
  statistics,
  columnTuning,
  tableTuning,
  viewDefaults,
]
const afterRows: readonly StatementQuery[] = [
  domainChecks,
  checks,
  references,
  ownedSequences,
  triggers,
  comments,
  rights,
  rightsToCome,
]

export interface UserStatements {
  readonly before: readonly UserStatement[]
  readonly after: readonly UserStatement[]
}

export async function userStatements(source: Database, tenant: Tenant): Promise<UserStatements> {
  const all = (queries: readonly StatementQuery[], optional = false) =>
    readAll(source, tenant, { queries, optional })
  return {
    before: await all(beforeRows),
    after: [...(await all(afterRows)), ...(await all([populated], true))],
  }
}

type Line = Omit<UserStatement, 'optional'> & { readonly sort: number }

async function readAll(
  source: Database,
  tenant: Tenant,
  { queries, optional }: { readonly queries: readonly StatementQuery[]; readonly optional: boolean },
): Promise<readonly UserStatement[]> {
  const found: UserStatement[] = []
  for (const query of queries) {
    const lines = await source.transaction(async (transaction) => {
      // Every name is written with its schema then.
      await transaction.run('SET LOCAL search_path = pg_catalog')
      return await readPages<Line>(transaction, paged(query(tenant)), { space: tenant.userSchema })
    })
    found.push(...lines.map(({ step, sql }) => ({ step, sql, optional })))
  }
  return found
}

const paged = (query: string): string =>
  `SELECT n.* FROM (SELECT row_number() OVER (ORDER BY q.step) AS sort, q.step, q.sql FROM (${query}) q) n
   WHERE n.sort > :after::bigint ORDER BY n.sort LIMIT :most::bigint`
