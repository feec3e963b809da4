/** The drift policy that holds for a column, in SQL: the most particular entry, as `engine/merge/drift-policy.ts` has it. */

/** Expressions for the table, the row and the column; an empty column means the resource as a whole. */
export function effectivePolicy(
  t: string,
  of: { readonly table: string; readonly row: string; readonly column: string },
): string {
  // One look-up in the unique index each: a tenant may have a policy for every row.
  const entry = (row: string, column: string): string =>
    `(SELECT p.policy FROM ${t}.iasql_drift_policy p
      WHERE p.table_name = ${of.table} AND p.row_id ${row} AND p.column_name ${column})`
  const [row, column] = [`= ${of.row}`, `= ${of.column}`]
  const entries = [
    entry(row, column),
    entry(row, 'IS NULL'),
    entry('IS NULL', column),
    entry('IS NULL', 'IS NULL'),
  ]
  return `coalesce(${entries.join(', ')}, 'track')`
}
