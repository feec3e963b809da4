/** Whether what was moved is all there: what each schema consists of, and how many rows it has. */
import { identifier, literal } from '#engine/ddl/sql-text.ts'
import type { Database, Queryable } from '../database.ts'
import { readPages } from '../statements/paging.ts'
import type { Tenant } from '../tenant.ts'
import { type MovedTable, movedTables } from './moved-tables.ts'
import { doOnce, type Making, progressTables, stepsDone } from './progress.ts'

const notOurs = progressTables.map((name) => literal(name)).join(', ')

/** One line for whatever makes a difference to who uses a table: its columns, what holds for it, who may do what. */
const parts = `
  SELECT format('column %I of %I', a.attname, c.relname) AS part, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(v.adbin, v.adrelid)) AS said
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef v ON v.adrelid = c.oid AND v.adnum = a.attnum
  WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'v', 'm') AND c.relname NOT IN (${notOurs})
  UNION ALL
  SELECT format('constraint %I of %I', k.conname, coalesce(c.relname, t.typname)), pg_get_constraintdef(k.oid)
  FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_type t ON t.oid = k.contypid
  WHERE k.connamespace = CAST(:schema AS regnamespace) AND coalesce(c.relname NOT IN (${notOurs}), true)
  UNION ALL
  SELECT format('index %I', x.relname), pg_get_indexdef(x.oid)
  FROM pg_class x JOIN pg_index i ON i.indexrelid = x.oid JOIN pg_class c ON c.oid = i.indrelid
  WHERE x.relnamespace = CAST(:schema AS regnamespace) AND c.relname NOT IN (${notOurs})
  UNION ALL
  SELECT format('trigger %I of %I', g.tgname, c.relname), concat(g.tgenabled, pg_get_triggerdef(g.oid))
  FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
  WHERE c.relnamespace = CAST(:schema AS regnamespace) AND NOT g.tgisinternal
  UNION ALL
  SELECT format('view %I', c.relname), pg_get_viewdef(c.oid)
  FROM pg_class c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('v', 'm')
  UNION ALL
  SELECT format('function %I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), pg_get_functiondef(p.oid)
  FROM pg_proc p WHERE p.pronamespace = CAST(:schema AS regnamespace) AND p.prokind IN ('f', 'p')
  UNION ALL
  SELECT format('rights on %I', c.relname), (SELECT string_agg(CAST(x AS text), ' ' ORDER BY CAST(x AS text))
    FROM aclexplode(coalesce(c.relacl, acldefault(CAST(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END AS "char"), c.relowner))) x
    WHERE x.grantee = 0 OR pg_get_userbyid(x.grantee) IN (SELECT jsonb_array_elements_text(CAST(:roles AS jsonb))))
  FROM pg_class c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'v', 'm', 'S')
    AND c.relname NOT IN (${notOurs})
  UNION ALL
  SELECT 'rights on tables to come', (SELECT string_agg(CAST(x AS text), ' ' ORDER BY CAST(x AS text))
    FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) x
    WHERE d.defaclnamespace = CAST(:schema AS regnamespace) AND d.defaclobjtype = 'r'
      AND (x.grantee = 0 OR pg_get_userbyid(x.grantee) IN (SELECT jsonb_array_elements_text(CAST(:roles AS jsonb)))))`

interface Part {
  readonly sort: number
  readonly part: string
  readonly digest: string
}

async function partsOf(db: Database, tenant: Tenant, schema: string): Promise<ReadonlyMap<string, string>> {
  const { ownerRole, readerRole, writerRole } = tenant
  const roles = JSON.stringify([ownerRole, readerRole, writerRole])
  const found = await db.transaction(async (transaction) => {
    await transaction.run('SET LOCAL search_path = pg_catalog')
    return await readPages<Part>(
      transaction,
      `SELECT * FROM (SELECT row_number() OVER (ORDER BY p.part) AS sort, p.part, md5(coalesce(p.said, '')) AS digest
         FROM (${parts}) p) numbered
       WHERE sort > :after::bigint ORDER BY sort LIMIT :most::bigint`,
      { schema, roles },
    )
  })
  return new Map(found.map(({ part, digest }) => [part, digest]))
}

/** What is not the same in both, in words for people; the engine's functions are those of this version wherever they are made. */
export async function differentParts(
  { source, target }: { readonly source: Database; readonly target: Database },
  tenant: Tenant,
  schema: string,
): Promise<readonly string[]> {
  const there = await partsOf(source, tenant, schema)
  const here = await partsOf(target, tenant, schema)
  const names = [...new Set([...there.keys(), ...here.keys()])]
  const compared = schema === tenant.schema ? names.filter((name) => !name.startsWith('function ')) : names
  return compared.filter((name) => there.get(name) !== here.get(name))
}

interface Count {
  readonly rows: number
  /** Written when nobody should have. */
  readonly late: number
}

const countRows = async (
  db: Queryable,
  schema: string,
  { name }: Pick<MovedTable, 'name'>,
  since: string,
): Promise<Count> => {
  const [found] = await db.query<Count>(
    `SELECT count(*) AS rows, count(*) FILTER (
       WHERE pg_catalog.age(r.xmin) <= pg_catalog.age(CAST(CAST(:since AS xid8) AS xid))) AS late
     FROM ${schema}.${identifier(name)} r`,
    { since },
  )
  return found ?? { rows: 0, late: 0 }
}

export interface Comparing {
  readonly source: Database
  /** As who made it: what it has made itself is not looked at as us. */
  readonly target: Making
  /** The transaction after which nobody wrote to the source. */
  readonly frozenAt: string
  readonly pause: () => Promise<void>
}

/**
 * Tables that have not the same rows in both: more or fewer, or some that were written while they were copied. What was
 * found to be the same is noted, since to count takes time.
 */
export async function differentTables({
  source,
  target,
  frozenAt,
  pause,
}: Comparing): Promise<readonly string[]> {
  const { db, schema } = target
  const different: string[] = []
  const done = await stepsDone(target)
  for (const table of await movedTables(source, schema)) {
    const step = `same rows of ${table.name}`
    if (done.has(step)) continue
    await pause()
    const there = await countRows(source, schema, table, frozenAt)
    const here = await countRows(db, schema, table, frozenAt)
    if (there.rows !== here.rows || there.late > 0) different.push(table.name)
    else await doOnce(target, step, async () => undefined)
  }
  return different
}
