/** Command tags as psql prints them, by the parser's top node: the Data API carries none. */
import type { Node, ObjectType } from 'libpg-query'

const objectNames: Partial<Record<ObjectType, string>> = {
  OBJECT_ATTRIBUTE: 'TYPE',
  OBJECT_DOMCONSTRAINT: 'DOMAIN',
  OBJECT_FDW: 'FOREIGN DATA WRAPPER',
  OBJECT_FOREIGN_SERVER: 'SERVER',
  OBJECT_MATVIEW: 'MATERIALIZED VIEW',
  OBJECT_OPCLASS: 'OPERATOR CLASS',
  OBJECT_OPFAMILY: 'OPERATOR FAMILY',
  OBJECT_STATISTIC_EXT: 'STATISTICS',
  OBJECT_TABCONSTRAINT: 'TABLE',
  OBJECT_TSCONFIGURATION: 'TEXT SEARCH CONFIGURATION',
  OBJECT_TSDICTIONARY: 'TEXT SEARCH DICTIONARY',
  OBJECT_TSPARSER: 'TEXT SEARCH PARSER',
  OBJECT_TSTEMPLATE: 'TEXT SEARCH TEMPLATE',
}

/** Nodes whose name does not spell their tag: `CreateSchemaStmt` is CREATE SCHEMA, `CreateStmt` is not. */
const nodeTags: Readonly<Record<string, string>> = {
  ClosePortalStmt: 'CLOSE CURSOR',
  CompositeTypeStmt: 'CREATE TYPE',
  ConstraintsSetStmt: 'SET CONSTRAINTS',
  CreateEnumStmt: 'CREATE TYPE',
  CreateEventTrigStmt: 'CREATE EVENT TRIGGER',
  CreateForeignTableStmt: 'CREATE FOREIGN TABLE',
  CreateOpClassStmt: 'CREATE OPERATOR CLASS',
  CreateOpFamilyStmt: 'CREATE OPERATOR FAMILY',
  CreatePLangStmt: 'CREATE LANGUAGE',
  CreateRangeStmt: 'CREATE TYPE',
  CreateSeqStmt: 'CREATE SEQUENCE',
  CreatedbStmt: 'CREATE DATABASE',
  DropdbStmt: 'DROP DATABASE',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  CreateStatsStmt: 'CREATE STATISTICS',
  CreateStmt: 'CREATE TABLE',
  CreateTableAsStmt: 'SELECT',
  CreateTrigStmt: 'CREATE TRIGGER',
  AlterEnumStmt: 'ALTER TYPE',
  AlterSeqStmt: 'ALTER SEQUENCE',
  AlterStatsStmt: 'ALTER STATISTICS',
  IndexStmt: 'CREATE INDEX',
  LockStmt: 'LOCK TABLE',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  RuleStmt: 'CREATE RULE',
  SecLabelStmt: 'SECURITY LABEL',
  TruncateStmt: 'TRUNCATE TABLE',
  VariableShowStmt: 'SHOW',
  ViewStmt: 'CREATE VIEW',
}

const objectName = (type: ObjectType | undefined): string =>
  type === undefined ? '' : (objectNames[type] ?? type.replace('OBJECT_', '').replaceAll('_', ' '))

const spelled = (nodeName: string): string =>
  nodeName
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()

const objectTag = (node: Node): string | undefined => {
  if ('DropStmt' in node) return `DROP ${objectName(node.DropStmt.removeType)}`
  if ('DefineStmt' in node) return `CREATE ${objectName(node.DefineStmt.kind)}`
  if ('AlterTableStmt' in node) return `ALTER ${objectName(node.AlterTableStmt.objtype)}`
  if ('AlterFunctionStmt' in node) return `ALTER ${objectName(node.AlterFunctionStmt.objtype)}`
  if ('AlterObjectSchemaStmt' in node) return `ALTER ${objectName(node.AlterObjectSchemaStmt.objectType)}`
  if ('AlterOwnerStmt' in node) return `ALTER ${objectName(node.AlterOwnerStmt.objectType)}`
  if ('RenameStmt' in node) {
    const { renameType, relationType } = node.RenameStmt
    return `ALTER ${objectName(renameType === 'OBJECT_COLUMN' ? relationType : renameType)}`
  }
  return undefined
}

const flaggedTag = (node: Node): string | undefined => {
  if ('CreateFunctionStmt' in node) {
    return node.CreateFunctionStmt.is_procedure ? 'CREATE PROCEDURE' : 'CREATE FUNCTION'
  }
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.into?.skipData) {
    return node.CreateTableAsStmt.objtype === 'OBJECT_MATVIEW'
      ? 'CREATE MATERIALIZED VIEW'
      : 'CREATE TABLE AS'
  }
  if ('GrantStmt' in node) return node.GrantStmt.is_grant ? 'GRANT' : 'REVOKE'
  if ('GrantRoleStmt' in node) return node.GrantRoleStmt.is_grant ? 'GRANT ROLE' : 'REVOKE ROLE'
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd ? 'VACUUM' : 'ANALYZE'
  if ('FetchStmt' in node) return node.FetchStmt.ismove ? 'MOVE' : 'FETCH'
  if ('VariableSetStmt' in node) return node.VariableSetStmt.kind?.startsWith('VAR_RESET') ? 'RESET' : 'SET'
  if ('DiscardStmt' in node) return (node.DiscardStmt.target ?? 'DISCARD_ALL').replace('_', ' ')
  if ('TransactionStmt' in node) {
    const kind = (node.TransactionStmt.kind ?? '').replace('TRANS_STMT_', '').replaceAll('_', ' ')
    return kind === 'START' ? 'START TRANSACTION' : kind
  }
  return undefined
}

/** The tag without its count: `SELECT`, `INSERT`, `CREATE TABLE`. */
export function baseTag(node: Node): string {
  const nodeName = Object.keys(node)[0] ?? ''
  return objectTag(node) ?? flaggedTag(node) ?? nodeTags[nodeName] ?? spelled(nodeName)
}

/** MOVE is not among them: nothing tells how far an executed one went. */
const counted = new Set(['SELECT', 'UPDATE', 'DELETE', 'MERGE', 'FETCH'])

export function commandTag(base: string, rowCount: number): string {
  if (base === 'INSERT') return `INSERT 0 ${rowCount}`
  return counted.has(base) ? `${base} ${rowCount}` : base
}
