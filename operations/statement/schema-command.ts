/** Statements that change what is in the tenant's own schema, by the tag that psql would print. */
import type { Node } from 'libpg-query'
import { baseTag } from './command-tag.ts'
import { intoClause } from './select-into.ts'

export interface SchemaCommand {
  /** Index in the run. */
  readonly statement: number
  /** `CREATE TABLE`, `ALTER VIEW`, … */
  readonly tag: string
}

const schemaTags = /^(CREATE|ALTER|DROP|COMMENT)\b/

/** None for a statement that leaves the schema as it is. */
export function schemaCommands(statement: number, node: Node): readonly SchemaCommand[] {
  if ('CreateTableAsStmt' in node) {
    const isView = node.CreateTableAsStmt.objtype === 'OBJECT_MATVIEW'
    return [{ statement, tag: isView ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS' }]
  }
  if ('SelectStmt' in node) return intoClause(node) ? [{ statement, tag: 'SELECT INTO' }] : []
  const tag = baseTag(node)
  return schemaTags.test(tag) ? [{ statement, tag }] : []
}
