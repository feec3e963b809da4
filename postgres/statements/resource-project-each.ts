/** Brings outputs into rows one by one, in one round trip: what a row refuses is noted with its resource, for a later time. */

/** Resources of a block are left for the next try when it has taken so long: it holds what it has written. */
const blockSeconds = 3
const firstPauseSeconds = 5
const longestPauseSeconds = 3_600

/** A row in the way may itself have given way later in the block, so what was refused is tried once more. */
export const projectOneByOneSql = (t: string, ids: readonly number[], projectOne: string): string => `
  DO $project$
  #variable_conflict use_column
  DECLARE
    one record;
    attempt int;
    remaining bigint;
    said text;
    detail text;
    over timestamptz = clock_timestamp() + interval '${blockSeconds} seconds';
  BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    FOR attempt IN 1..2 LOOP
      FOR one IN SELECT r.resource_id FROM ${t}.iasql_resource r
        WHERE r.resource_id IN (${ids.map(Number).join(', ')}) AND r.unprojected IS NOT NULL
          AND (attempt = 1 OR r.unprojected->'refused'->>'by' = CAST(pg_current_xact_id() AS text))
        ORDER BY r.resource_id
      LOOP
        EXIT WHEN clock_timestamp() > over;
        BEGIN
          ${projectOne} INTO remaining;
        EXCEPTION
          WHEN integrity_constraint_violation THEN
            GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
            UPDATE ${t}.iasql_resource r
            SET unprojected = r.unprojected || jsonb_build_object('refused', jsonb_build_object(
              'message', coalesce(nullif(detail, ''), said), 'by', CAST(pg_current_xact_id() AS text), 'times', n.times,
              'until', clock_timestamp() + make_interval(secs => least(
                ${longestPauseSeconds}, ${firstPauseSeconds} * 2 ^ least(n.times - 1, 20)))))
            FROM (SELECT o.resource_id, coalesce(CAST(o.unprojected->'refused'->>'times' AS int), 0) + 2 - attempt AS times
              FROM ${t}.iasql_resource o WHERE o.resource_id = one.resource_id) n
            WHERE r.resource_id = n.resource_id;
          WHEN lock_not_available OR deadlock_detected THEN
            NULL;
        END;
      END LOOP;
    END LOOP;
  END
  $project$`
