/** The way back from `createTablesSql`; PostgreSQL itself refuses where a user's object depends on a table. */
import type { TableSpec } from '#engine/model/table.ts'
import { type TableLookup, unqualified } from '#engine/plan/resource.ts'
import { auditName } from './audit-sql.ts'
import { dropForeignKeySql } from './constraints.ts'
import { contentName } from './content-sql.ts'
import { expressedName, expressionName } from './expression-sql.ts'
import { dropFindFunctionSql } from './find-function.ts'
import { guardName, outputsName, unspecifiedName } from './guard-sql.ts'
import { journalName } from './journal-sql.ts'
import { lateChecksName } from './late-checks-sql.ts'
import { leftName } from './left-companions-sql.ts'
import { companionName, externalName, protectionName } from './protection-sql.ts'
import { regionName } from './region-sql.ts'
import { secretName } from './secret-sql.ts'
import { sizeName } from './size-sql.ts'
import { identifier, inSchema, type TenantNames } from './sql-text.ts'

export function dropTablesSql(
  names: TenantNames,
  tables: readonly TableSpec[],
  lookup: TableLookup,
): readonly string[] {
  const companions = tables.flatMap((table) =>
    table.createdWith.map(({ parent }) => ({
      name: companionName(table, unqualified(parent)),
      parent: unqualified(parent),
    })),
  )
  const functions = [
    ...tables.flatMap((table) => [
      journalName(table),
      auditName(table),
      guardName(table),
      secretName(table),
      contentName(table),
      sizeName(table),
      regionName(table),
      unspecifiedName(table),
      outputsName(table),
      protectionName(table),
      lateChecksName(table),
      leftName(table),
      externalName(table),
      expressionName(table),
      expressedName(table),
    ]),
    ...companions.map(({ name }) => name),
  ]
  return [
    ...tables.flatMap((table) => dropFindFunctionSql(names, table)),
    ...tables.flatMap((table) => dropForeignKeySql(names, table, lookup)),
    ...companions.map(
      ({ name, parent }) => `DROP TRIGGER IF EXISTS ${identifier(name)} ON ${inSchema(names, parent)}`,
    ),
    ...[...tables].reverse().map((table) => `DROP TABLE ${inSchema(names, table.name)}`),
    ...[...new Set(functions)].map((name) => `DROP FUNCTION IF EXISTS ${inSchema(names, name)}()`),
  ]
}
