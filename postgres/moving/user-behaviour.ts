/** What tables of a tenant's own do by themselves, and what is filled from them: made when their rows are there. */
import type { StatementQuery } from './statement-query.ts'

const onRelations = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :space`

/** Both in one step: for no moment one is at work that was switched off. */
const mode = `CASE t.tgenabled WHEN 'O' THEN '' ELSE format('; ALTER TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
  CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname) END`

export const triggers: StatementQuery = () => `
  SELECT format('trigger %I on %I', t.tgname, c.relname) AS step, pg_get_triggerdef(t.oid) || ${mode} AS sql
  ${onRelations} JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal`

/** Those that go with a column. */
export const ownedSequences: StatementQuery = () => `
  SELECT 'owner of sequence ' || quote_ident(c.relname) AS step,
    format('ALTER SEQUENCE %I.%I OWNED BY %I.%I.%I', n.nspname, c.relname, n.nspname, o.relname, a.attname) AS sql
  ${onRelations} JOIN pg_depend d ON d.classid = CAST('pg_class' AS regclass) AND d.objid = c.oid AND d.deptype = 'a'
    AND d.refclassid = CAST('pg_class' AS regclass)
  JOIN pg_class o ON o.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.refobjsubid
  WHERE c.relkind = 'S'`

/** One that is left out says itself that it has to be refreshed. */
export const populated: StatementQuery = () => `
  SELECT 'rows of materialized view ' || quote_ident(c.relname) AS step,
    format('REFRESH MATERIALIZED VIEW %I.%I', n.nspname, c.relname) AS sql
  ${onRelations} WHERE c.relkind = 'm' AND c.relispopulated`
