/** Comments and rights on what a tenant has made. Rights of others than its own roles do not travel: nobody else gets in. */
import type { Tenant } from '../tenant.ts'
import type { StatementQuery } from './statement-query.ts'

const catalog = (name: string): string => `CAST('${name}' AS regclass)`
const space = 'CAST(:space AS regnamespace)'

const things = `
  SELECT ${catalog('pg_class')} AS class, c.oid FROM pg_class c WHERE c.relnamespace = ${space}
  UNION ALL SELECT ${catalog('pg_proc')}, p.oid FROM pg_proc p WHERE p.pronamespace = ${space}
  UNION ALL SELECT ${catalog('pg_type')}, t.oid FROM pg_type t WHERE t.typnamespace = ${space}
  UNION ALL SELECT ${catalog('pg_constraint')}, k.oid FROM pg_constraint k WHERE k.connamespace = ${space}
  UNION ALL SELECT ${catalog('pg_statistic_ext')}, s.oid FROM pg_statistic_ext s WHERE s.stxnamespace = ${space}
  UNION ALL SELECT ${catalog('pg_trigger')}, g.oid FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    WHERE c.relnamespace = ${space}`

const named = `CASE WHEN o.type LIKE '% column' THEN 'COLUMN ' || o.identity
  WHEN o.type = 'table constraint' THEN 'CONSTRAINT ' || o.identity
  WHEN o.type = 'domain constraint' THEN 'CONSTRAINT ' || replace(o.identity, ' on ', ' ON DOMAIN ')
  WHEN o.type = 'statistics object' THEN 'STATISTICS ' || o.identity
  ELSE upper(o.type) || ' ' || o.identity END`

export const comments: StatementQuery = () => `
  SELECT 'comment on ' || o.type || ' ' || o.identity AS step,
    format('COMMENT ON %s IS %L', ${named}, d.description) AS sql
  FROM (${things}) thing JOIN pg_description d ON d.classoid = thing.class AND d.objoid = thing.oid
  CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o`

/** `fresh`: what a new one of the kind gives to whom. */
const owned = ({ readerRole }: Tenant): string => `
  SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, format('%I.%I', n.nspname, c.relname) AS name,
    coalesce(c.relacl, acldefault(k.kind, c.relowner)) AS acl,
    acldefault(k.kind, c.relowner) || CASE c.relkind WHEN 'S' THEN '{}' ELSE
      ARRAY[makeaclitem(CAST(CAST('${readerRole}' AS regrole) AS oid), c.relowner, 'SELECT', false)] END AS fresh
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :space
  CROSS JOIN LATERAL (SELECT CAST(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END AS "char") AS kind) k
  WHERE c.relkind IN ('r', 'v', 'm', 'S')
  UNION ALL
  SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, CAST(CAST(p.oid AS regprocedure) AS text),
    coalesce(p.proacl, acldefault('f', p.proowner)), acldefault('f', p.proowner)
  FROM pg_proc p WHERE p.pronamespace = ${space}
  UNION ALL
  SELECT 'TYPE', format_type(t.oid, NULL), coalesce(t.typacl, acldefault('T', t.typowner)), acldefault('T', t.typowner)
  FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE t.typnamespace = ${space} AND (t.typtype IN ('e', 'd') OR c.relkind = 'c')`

const rolesOf = ({ ownerRole, readerRole, writerRole }: Tenant): readonly string[] => [
  ownerRole,
  readerRole,
  writerRole,
]

/** Those of the tenant's own roles and of everybody, as `TO` and `WITH` of a GRANT have them. */
const given = (tenant: Tenant, acl: string, privileges: string): string => `
  SELECT string_agg(x.privilege_type${privileges}, ', ' ORDER BY x.privilege_type) AS privileges,
    CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee,
    CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
  FROM aclexplode(${acl}) x WHERE x.grantee = 0 OR pg_get_userbyid(x.grantee) IN
    (${rolesOf(tenant)
      .map((role) => `'${role}'`)
      .join(', ')})
  GROUP BY x.grantee, x.is_grantable`

/** Rights of columns come after those of their tables, which begin with taking all of them away. */
export const rights: StatementQuery = (tenant) => `
  SELECT 'rights on ' || lower(o.kind) || ' ' || o.name AS step,
    format('REVOKE ALL ON %s %s FROM PUBLIC, ${rolesOf(tenant).join(', ')}', o.kind, o.name)
      || coalesce((SELECT string_agg(format('; GRANT %s ON %s %s TO %s%s', g.privileges, o.kind, o.name, g.grantee, g.option), '')
           FROM (${given(tenant, 'o.acl', '')}) g), '')
      || coalesce((SELECT string_agg(format('; GRANT %s ON TABLE %s TO %s%s', g.privileges, o.name, g.grantee, g.option), '')
           FROM pg_attribute a CROSS JOIN LATERAL
             (${given(tenant, 'a.attacl', " || ' (' || quote_ident(a.attname) || ')'")}) g
           WHERE o.kind = 'TABLE' AND a.attrelid = to_regclass(o.name) AND a.attacl IS NOT NULL), '') AS sql
  FROM (${owned(tenant)}) o
  WHERE ARRAY(SELECT CAST(x AS text) FROM aclexplode(o.acl) x ORDER BY 1)
      <> ARRAY(SELECT CAST(x AS text) FROM aclexplode(o.fresh) x ORDER BY 1)
    OR o.kind = 'TABLE' AND EXISTS (
      SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(o.name) AND a.attacl IS NOT NULL)`

/** Of the tables that are still to be made: every tenant begins with one that lets its readers see them. */
export const rightsToCome: StatementQuery = (tenant) => `
  SELECT 'rights on tables to come' AS step,
    format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON TABLES FROM PUBLIC, ${rolesOf(tenant).join(', ')}', n.nspname)
      || coalesce((SELECT string_agg(format('; ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT %s ON TABLES TO %s%s',
           n.nspname, g.privileges, g.grantee, g.option), '') FROM (${given(tenant, 'd.defaclacl', '')}) g), '') AS sql
  FROM pg_namespace n LEFT JOIN pg_default_acl d ON d.defaclnamespace = n.oid AND d.defaclobjtype = 'r'
    AND d.defaclrole = CAST('${tenant.writerRole}' AS regrole)
  WHERE n.nspname = :space`
