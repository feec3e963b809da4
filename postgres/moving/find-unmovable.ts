/** What a tenant has made that cannot be made once more elsewhere: found before anything is changed. */
import type { Database } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { progressTables } from './progress.ts'

const catalog = (name: string): string => `CAST('${name}' AS regclass)`
const inSpace = 'CAST(:space AS regnamespace)'

/** Whatever belongs to the logins, wherever it is, but what is made again; indexes, triggers and such go with their tables. */
const foreignKinds = `
  SELECT s.classid, s.objid, '' AS why FROM pg_shdepend s
  WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    AND s.refclassid = ${catalog('pg_authid')} AND s.deptype = 'o'
    AND s.refobjid IN (CAST(:writer AS regrole), CAST(:reader AS regrole))
    AND NOT CASE s.classid
      WHEN ${catalog('pg_class')} THEN EXISTS (SELECT FROM pg_class c WHERE c.oid = s.objid
        AND c.relnamespace = ${inSpace} AND c.relkind IN ('r', 'v', 'm', 'S'))
      WHEN ${catalog('pg_proc')} THEN EXISTS (SELECT FROM pg_proc p WHERE p.oid = s.objid
        AND p.pronamespace = ${inSpace} AND p.prokind IN ('f', 'p'))
      WHEN ${catalog('pg_type')} THEN EXISTS (SELECT FROM pg_type t WHERE t.oid = s.objid
        AND t.typnamespace = ${inSpace} AND t.typtype IN ('e', 'd', 'c'))
      WHEN ${catalog('pg_statistic_ext')} THEN EXISTS (SELECT FROM pg_statistic_ext x WHERE x.oid = s.objid
        AND x.stxnamespace = ${inSpace})
      WHEN ${catalog('pg_default_acl')} THEN EXISTS (SELECT FROM pg_default_acl a WHERE a.oid = s.objid
        AND a.defaclnamespace = ${inSpace} AND a.defaclobjtype = 'r' AND a.defaclrole = CAST(:writer AS regrole))
      ELSE false END`

const ofTables = `
  SELECT ${catalog('pg_class')}, c.oid, w.why FROM pg_class c CROSS JOIN LATERAL (
    SELECT ' is inherited from or inherits' AS why FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent) AND c.relkind = 'r'
    UNION SELECT ' has row security' WHERE c.relrowsecurity OR c.relforcerowsecurity
    UNION SELECT ' is of a type' WHERE c.reloftype <> 0
    UNION SELECT ' has a name that moving needs' WHERE c.relname IN (${progressTables.map((name) => `'${name}'`).join(', ')})
    UNION SELECT ' is not yours' WHERE c.relowner <> CAST(:writer AS regrole) AND c.relkind NOT IN ('i', 'I', 'c', 't')
  ) w WHERE c.relnamespace = ${inSpace}`

/** They have no owner, or belong to one that is not seen by it. */
const attached = `
  SELECT ${catalog('pg_policy')}, p.oid, '' FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = ${inSpace}
  UNION ALL
  SELECT ${catalog('pg_rewrite')}, r.oid, '' FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
  WHERE c.relnamespace = ${inSpace} AND r.rulename <> '_RETURN'
  UNION ALL
  SELECT ${catalog('pg_cast')}, k.oid, '' FROM pg_cast k
  WHERE EXISTS (SELECT FROM pg_type t WHERE t.oid IN (k.castsource, k.casttarget) AND t.typnamespace = ${inSpace})`

/**
 * To plan any statement about a table PostgreSQL works out the constant parts of what its indexes and statistics are made of,
 * as whoever asks: a function in them would run as the platform, which reads the rows. Its own functions are pinned, and no
 * dependency is kept of those.
 */
const working = `
  SELECT ${catalog('pg_class')}, i.indexrelid, ' calls a function' FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  WHERE c.relnamespace = ${inSpace} AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = ${catalog('pg_class')}
    AND d.objid = i.indexrelid AND d.refclassid = ${catalog('pg_proc')})
  UNION ALL
  SELECT ${catalog('pg_statistic_ext')}, x.oid, ' calls a function' FROM pg_statistic_ext x JOIN pg_class c ON c.oid = x.stxrelid
  WHERE c.relnamespace = ${inSpace} AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = ${catalog('pg_statistic_ext')}
    AND d.objid = x.oid AND d.refclassid = ${catalog('pg_proc')})`

/** As many as people read. */
const most = 20

/** In words for people, without the name of the schema; empty when all can be moved. */
export async function findUnmovable(source: Database, tenant: Tenant): Promise<readonly string[]> {
  const { userSchema: space, writerRole: writer, readerRole: reader } = tenant
  return await source.transaction(async (transaction) => {
    await transaction.run('SET LOCAL search_path = pg_catalog')
    const rows = await transaction.query<{ what: string }>(
      `SELECT DISTINCT pg_describe_object(f.classid, f.objid, 0) || f.why AS what
       FROM (${foreignKinds} UNION ALL ${ofTables} UNION ALL ${attached} UNION ALL ${working}) f ORDER BY what LIMIT ${most}`,
      { space, writer, reader },
    )
    return rows.map(({ what }) => what.replaceAll(`${space}.`, ''))
  })
}
