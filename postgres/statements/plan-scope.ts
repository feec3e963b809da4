/** Which changes of a stored plan an apply of it would leave out, and which it has dealt with; SQL that is shared. */

/** `left_out (change_id, by_choice)`: what somebody chose to skip, and what cannot be done without it. */
export const leftOutSql = (t: string, plan: string): string => `
  needs AS MATERIALIZED (
    SELECT c.change_id, n.needed FROM ${t}.iasql_change_record c CROSS JOIN LATERAL unnest(c.depends_on || c.circle) AS n (needed)
    WHERE c.plan_id = ${plan}),
  reached AS (
    SELECT o.change_id, true AS by_choice FROM ${t}.iasql_plan_choice o WHERE o.plan_id = ${plan} AND o.skip
    UNION SELECT n.change_id, false FROM reached l JOIN needs n ON n.needed = l.change_id),
  left_out AS MATERIALIZED (SELECT change_id, bool_or(by_choice) AS by_choice FROM reached GROUP BY change_id)`

/** `dealt_with (table_name, row_id)`: rows that an apply of this very plan has done, or is at. */
export const dealtWithSql = (t: string, plan: string): string => `
  dealt_with AS MATERIALIZED (
    SELECT d.table_name, d.row_id FROM ${t}.iasql_execution_record x
    JOIN ${t}.iasql_change_record d ON d.execution_id = x.execution_id
    WHERE x.kind = 'apply' AND x.arguments->>0 = (${plan})::text AND (d.state = 'done' OR x.ended_at IS NULL))`
