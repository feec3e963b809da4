/** Tables from data: everything PostgreSQL needs to hold, check, guard and journal the rows of resource types. */
import type { TableSpec } from '#engine/model/table.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import { auditSql } from './audit-sql.ts'
import { foreignKeySql, indexSql, uniqueSql } from './constraints.ts'
import { contentSql } from './content-sql.ts'
import { expressionSql } from './expression-sql.ts'
import { findFunctionSql } from './find-function.ts'
import { guardSql, outputsSql } from './guard-sql.ts'
import { journalSql } from './journal-sql.ts'
import { lateChecksSql } from './late-checks-sql.ts'
import { leftSql } from './left-companions-sql.ts'
import { companionSql, protectionSql } from './protection-sql.ts'
import { regionSql } from './region-sql.ts'
import { secretSql } from './secret-sql.ts'
import { sizeSql } from './size-sql.ts'
import type { TenantNames } from './sql-text.ts'
import { tableSql } from './table-sql.ts'

/** One statement each, for one transaction as the owner role. `lookup` has these tables and all they refer to. */
export function createTablesSql(
  names: TenantNames,
  tables: readonly TableSpec[],
  lookup: TableLookup,
): readonly string[] {
  return [
    ...tables.flatMap((table) => tableSql(names, table)),
    ...tables.flatMap((table) => uniqueSql(names, table)),
    ...tables.flatMap((table) => foreignKeySql(names, table, lookup)),
    ...tables.flatMap((table) => indexSql(names, table)),
    ...tables.flatMap((table) => [
      ...guardSql(names, table),
      ...secretSql(names, table),
      ...contentSql(names, table),
      ...sizeSql(names, table),
      ...regionSql(names, table),
      ...outputsSql(names, table),
      ...protectionSql(names, table, lookup),
      ...lateChecksSql(names, table),
      ...companionSql(names, table),
      ...leftSql(names, table),
      ...expressionSql(names, table),
      ...journalSql(names, table),
      ...auditSql(names, table),
      ...findFunctionSql(names, table),
    ]),
  ]
}
