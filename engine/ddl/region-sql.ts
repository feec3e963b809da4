/** Rows go into enabled regions only: no sync would read what an apply makes elsewhere. Rows of a region that is disabled stay. */
import type { TableSpec } from '#engine/model/table.ts'
import { byTenant, inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const regionName = (table: TableSpec): string => `iasql_region_${table.name}`

/** A region that there is not is refused by the foreign key. */
export function regionSql(names: TenantNames, table: TableSpec): readonly string[] {
  if (table.place !== 'regional' || table.access === 'read') return []
  const regions = inSchema(names, 'aws_regions')
  const body = `  IF TG_OP = 'INSERT' THEN
    SELECT r.region INTO closed FROM ${regions} r
      WHERE NOT r.is_enabled AND EXISTS (SELECT FROM new_rows n WHERE n.region = r.region) LIMIT 1;
  ELSE
    SELECT r.region INTO closed FROM ${regions} r WHERE NOT r.is_enabled AND r.region = NEW.region;
  END IF;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '22023', COLUMN = 'region',
      MESSAGE = format(${literal(`region %s is not enabled, so no ${table.name} can be put there`)}, closed),
      HINT = format('Enable it first: UPDATE aws_regions SET is_enabled = true WHERE region = %L', closed);
  END IF;
  RETURN NULL;`
  const name = inSchema(names, table.name)
  const call = `EXECUTE FUNCTION ${inSchema(names, regionName(table))}()`
  return [
    ...triggerFunctionSql(names, { name: regionName(table), declarations: ['closed text;'], body }),
    `CREATE TRIGGER iasql_region_insert AFTER INSERT ON ${name} ` +
      `REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN (${byTenant}) ${call}`,
    `CREATE TRIGGER iasql_region_update AFTER UPDATE OF region ON ${name} FOR EACH ROW ` +
      `WHEN (${byTenant} AND NEW.region IS DISTINCT FROM OLD.region) ${call}`,
  ]
}
