/** All that a tenant has in its database, as text: the same before and after it was moved. */
import type { Queryable } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'

interface Line {
  readonly what: string
  readonly is: string | null
}

/** Of every relation what it consists of, and who may do what with it; of every function and type how it is made. */
const shapes = `
  SELECT format('%s %I', c.relkind, c.relname) AS what, concat_ws(' ', c.relpersistence, c.reloptions::text,
    (SELECT string_agg(i::text, ' ' ORDER BY i::text) FROM unnest(c.relacl) i), c.relispopulated,
    c.relreplident, (SELECT t.reloptions::text FROM pg_class t WHERE t.oid = c.reltoastrelid),
    obj_description(c.oid, 'pg_class')) AS is
  FROM pg_class c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind <> 't'
  UNION ALL
  SELECT format('column %I of %I', a.attname, c.relname), concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity, a.attgenerated, a.attstorage, a.attcollation, pg_get_expr(v.adbin, v.adrelid), a.attacl::text,
    a.attstattarget, a.attoptions::text, a.attcompression, col_description(c.oid, a.attnum))
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef v ON v.adrelid = c.oid AND v.adnum = a.attnum
  WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'v', 'm', 'c')
  UNION ALL
  SELECT format('constraint %I of %s %s', k.conname, k.conrelid::regclass, k.contypid::regtype),
    concat_ws(' ', pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'))
  FROM pg_constraint k WHERE k.connamespace = CAST(:schema AS regnamespace)
  UNION ALL
  SELECT format('index %I', x.relname), concat_ws(' ', pg_get_indexdef(x.oid), i.indisclustered, i.indisreplident)
  FROM pg_class x JOIN pg_index i ON i.indexrelid = x.oid WHERE x.relnamespace = CAST(:schema AS regnamespace) AND x.relkind = 'i'
  UNION ALL
  SELECT format('trigger %I of %I', g.tgname, c.relname),
    concat_ws(' ', g.tgenabled, pg_get_triggerdef(g.oid), obj_description(g.oid, 'pg_trigger'))
  FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
  WHERE c.relnamespace = CAST(:schema AS regnamespace) AND NOT g.tgisinternal
  UNION ALL
  SELECT format('view %I', c.relname), pg_get_viewdef(c.oid)
  FROM pg_class c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('v', 'm')
  UNION ALL
  SELECT format('function %I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
    concat_ws(' ', pg_get_functiondef(p.oid), p.proacl::text, obj_description(p.oid, 'pg_proc'))
  FROM pg_proc p WHERE p.pronamespace = CAST(:schema AS regnamespace) AND p.prokind IN ('f', 'p')
  UNION ALL
  SELECT format('type %I', t.typname), concat_ws(' ', t.typtype, t.typnotnull, t.typdefault, format_type(t.typbasetype, t.typtypmod),
    t.typacl::text, obj_description(t.oid, 'pg_type'),
    (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
  FROM pg_type t WHERE t.typnamespace = CAST(:schema AS regnamespace)
  UNION ALL
  SELECT format('statistics %I', s.stxname), pg_get_statisticsobjdef(s.oid)
  FROM pg_statistic_ext s WHERE s.stxnamespace = CAST(:schema AS regnamespace)
  UNION ALL
  SELECT format('rights on %s to come', d.defaclobjtype), (SELECT string_agg(i::text, ' ' ORDER BY i::text) FROM unnest(d.defaclacl) i)
  FROM pg_default_acl d WHERE d.defaclnamespace = CAST(:schema AS regnamespace)
  UNION ALL
  SELECT format('sequence %I', c.relname), concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
    s.seqcache, s.seqcycle, (SELECT format('%s.%I', d.refobjid::regclass, a.attname)
      FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')))
  FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.relnamespace = CAST(:schema AS regnamespace)`

const contentOf = (schema: string, { name, kind }: { name: string; kind: string }): string => {
  const relation = `${schema}."${name.replaceAll('"', '""')}"`
  return kind === 'S'
    ? `SELECT 'position of ${name}' AS what, last_value || ' ' || is_called AS is FROM ${relation}`
    : `SELECT 'rows of ${name}' AS what, count(*) || ' ' || coalesce(md5(string_agg(x::text, chr(10) ORDER BY x::text)), '') AS is FROM ${relation} x`
}

const textOf = ({ what, is }: Line): string => `${what}: ${is}`

/** `place`: the database that it is in. */
export async function pictureOf(place: Queryable, tenant: Tenant): Promise<readonly string[]> {
  const picture: string[] = []
  for (const schema of [tenant.schema, tenant.userSchema]) {
    const digested = `SELECT s.what, CASE WHEN length(s.is) > 2000 THEN md5(s.is) ELSE s.is END AS is FROM (${shapes}) s`
    for (let from = 0; ; from += 300) {
      const page = await place.query<Line>(
        `SELECT * FROM (${digested}) q ORDER BY what, "is" LIMIT 300 OFFSET ${from}`,
        { schema },
      )
      picture.push(...page.map(textOf))
      if (page.length < 300) break
    }
    const relations = await place.query<{ name: string; kind: string }>(
      `SELECT c.relname::text AS name, c.relkind::text AS kind FROM pg_class c
       WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'S')
         OR c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind = 'm' AND c.relispopulated
       ORDER BY c.relname`,
      { schema },
    )
    for (const relation of relations)
      picture.push(...(await place.query<Line>(contentOf(schema, relation))).map(textOf))
  }
  return picture
}
