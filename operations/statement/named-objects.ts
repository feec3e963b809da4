/** The names a statement makes, or touches in a way that only their owner may: checked against the tenant's managed schema. */
import type { Node, RangeVar } from 'libpg-query'
import { intoClause } from './select-into.ts'

/** Refuses the statement when the managed schema has an object of this class and name. */
export interface NameCheck {
  readonly class: 'relation' | 'function' | 'type'
  readonly name: string
  /** Schema as written; absent: found by the search path. */
  readonly schema?: string
  readonly sqlstate: string
  readonly message: string
  readonly hint: string
}

const nameOf = (parts: readonly Node[] | undefined): readonly string[] =>
  (parts ?? []).map((part) => ('String' in part ? (part.String.sval ?? '') : ''))

const taken = (kind: NameCheck['class'], name: string | undefined): readonly NameCheck[] =>
  name === undefined
    ? []
    : [
        {
          class: kind,
          name,
          sqlstate: { relation: '42P07', function: '42723', type: '42710' }[kind],
          message: `${kind} "${name}" already exists`,
          hint: 'The name belongs to iasql; choose another one.',
        },
      ]

const takenRelation = (relation: RangeVar | undefined): readonly NameCheck[] =>
  relation?.schemaname === undefined ? taken('relation', relation?.relname) : []

const takenName = (kind: NameCheck['class'], parts: readonly Node[] | undefined): readonly NameCheck[] => {
  const name = nameOf(parts)
  return name.length === 1 ? taken(kind, name[0]) : []
}

const createdIn = (node: Node): readonly NameCheck[] | undefined => {
  if ('CreateStmt' in node) return takenRelation(node.CreateStmt.relation)
  if ('CreateTableAsStmt' in node) return takenRelation(node.CreateTableAsStmt.into?.rel)
  if ('SelectStmt' in node && intoClause(node)) return takenRelation(intoClause(node)?.rel)
  if ('ViewStmt' in node) return takenRelation(node.ViewStmt.view)
  if ('CreateSeqStmt' in node) return takenRelation(node.CreateSeqStmt.sequence)
  if ('CompositeTypeStmt' in node) return takenRelation(node.CompositeTypeStmt.typevar)
  if ('CreateFunctionStmt' in node) return takenName('function', node.CreateFunctionStmt.funcname)
  if ('CreateDomainStmt' in node) return takenName('type', node.CreateDomainStmt.domainname)
  if ('CreateEnumStmt' in node) return takenName('type', node.CreateEnumStmt.typeName)
  if ('CreateRangeStmt' in node) return takenName('type', node.CreateRangeStmt.typeName)
  if ('DefineStmt' in node) {
    return node.DefineStmt.kind === 'OBJECT_AGGREGATE' ? takenName('function', node.DefineStmt.defnames) : []
  }
  if ('CreateStatsStmt' in node || 'CreateOpClassStmt' in node || 'CreateOpFamilyStmt' in node) return []
  if ('CreateConversionStmt' in node || 'CreateForeignTableStmt' in node) return []
  return undefined
}

/** Whether the statement makes an object in the first schema of the search path. */
export const createsObject = (node: Node): boolean => createdIn(node) !== undefined

/** Relations and functions that LOCK, GRANT and REVOKE name: PostgreSQL lets non-owners lock, and only warns on grants. */
const touchedBy = (node: Node): readonly Node[] => {
  if ('LockStmt' in node) return node.LockStmt.relations ?? []
  return 'GrantStmt' in node ? (node.GrantStmt.objects ?? []) : []
}

const ownersOnly = (node: Node): readonly NameCheck[] => {
  const isRelation = 'RangeVar' in node
  const parts = isRelation
    ? [node.RangeVar.schemaname, node.RangeVar.relname].filter((part) => part !== undefined)
    : 'ObjectWithArgs' in node
      ? nameOf(node.ObjectWithArgs.objname)
      : []
  const name = parts.at(-1)
  if (name === undefined) return []
  const schema = parts.at(-2)
  return [
    {
      class: isRelation ? 'relation' : 'function',
      name,
      ...(schema === undefined ? {} : { schema }),
      sqlstate: '42501',
      message: `permission denied for ${isRelation ? 'table' : 'function'} ${name}`,
      hint: 'It belongs to iasql; make a view or a function of your own.',
    },
  ]
}

/** What must not be in the managed schema (`schema`) for the statement to run. */
export const nameChecks = (node: Node, schema: string): readonly NameCheck[] =>
  [...(createdIn(node) ?? []), ...touchedBy(node).flatMap(ownersOnly)].filter(
    (check) => check.schema === undefined || check.schema === schema,
  )
