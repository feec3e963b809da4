/** What a replacement left standing gets a record of its own and a pending deletion, so that the next plan shows it. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'

export interface Orphan {
  readonly account_id: string | null
  readonly region: string | null
  readonly natural_name: string
  readonly cloud_id: CloudId
  readonly base: Row
}

/** Common table expressions over `(table_name, orphan)`: part of the statement that ends the change. */
export const orphansSql = (t: string, orphans: string): string =>
  `orphaned AS (
     INSERT INTO ${t}.iasql_resource (table_name, row_id, account_id, region, natural_name, cloud_id, base, observed)
     SELECT table_name, nextval(pg_get_serial_sequence(format('${t}.%I', table_name), 'id')::regclass),
       orphan->>'account_id', orphan->>'region', orphan->>'natural_name', orphan->'cloud_id', orphan->'base',
       orphan->'base'
     FROM (${orphans}) left_over
     RETURNING table_name, row_id),
   to_delete AS (
     INSERT INTO ${t}.iasql_edit (table_name, row_id, op, login)
     SELECT table_name, row_id, CAST('D' AS "char"), 'iasql' FROM orphaned)`
