/** Which literals of a statement a secret column may be given: of the plain forms by their place, of all others every one. */
import type { InsertStmt, Node, ResTarget, UpdateStmt } from 'libpg-query'
import type { TableLookup } from '#engine/plan/resource.ts'
import { literalsOf } from '../statement/literals.ts'
import { plainNames } from '../statement/plain-names.ts'
import { scanTokens } from '../statement/scan-tokens.ts'

/** Undefined: any literal may be one. */
export function secretLiterals(node: Node, lookup: TableLookup): readonly string[] | undefined {
  const found =
    'InsertStmt' in node
      ? ofInsert(node.InsertStmt, lookup)
      : 'UpdateStmt' in node
        ? ofUpdate(node.UpdateStmt, lookup)
        : undefined
  return found?.flatMap((text) => [text, ...literalsOf(text)])
}

function secretsOf(table: string | undefined, lookup: TableLookup): ReadonlySet<string> | undefined {
  const columns = Object.entries((table && lookup.get(table)?.columns) || {})
  const secret = columns.flatMap(([name, column]) => (column.secret ? [name] : []))
  return secret.length > 0 ? new Set(secret) : undefined
}

/** Of a view over the table nobody knows which column is which. */
function ofInsert(insert: InsertStmt, lookup: TableLookup): readonly string[] | undefined {
  const { relation, cols, selectStmt, withClause, onConflictClause, returningList } = insert
  const secrets = secretsOf(relation?.relname, lookup)
  const lines = selectStmt && 'SelectStmt' in selectStmt ? selectStmt.SelectStmt.valuesLists : undefined
  if (!secrets || !cols || !lines || withClause) return undefined
  const isSecret = cols.map((col) => 'ResTarget' in col && secrets.has(col.ResTarget.name ?? ''))
  const given = lines.flatMap((line) =>
    ('List' in line ? (line.List.items ?? []) : [line]).filter((_, index) => isSecret[index] !== false),
  )
  const set = ofTargets(onConflictClause?.targetList ?? [], secrets)
  return (
    set && [...given.flatMap(textsIn), ...set, ...textsIn([onConflictClause?.whereClause, returningList])]
  )
}

function ofUpdate(update: UpdateStmt, lookup: TableLookup): readonly string[] | undefined {
  const { relation, targetList, fromClause, withClause, whereClause, returningList } = update
  const secrets = secretsOf(relation?.relname, lookup)
  const set = secrets && !fromClause && !withClause && ofTargets(targetList ?? [], secrets)
  if (!set) return undefined
  const where = textsIn(whereClause)
  return [...set, ...(where.some((text) => secrets.has(text)) ? where : []), ...textsIn(returningList)]
}

/** `SET (a, b) = …` does not say which is whose. */
function ofTargets(targets: readonly Node[], secrets: ReadonlySet<string>): readonly string[] | undefined {
  const all = targets.flatMap((target): readonly ResTarget[] =>
    'ResTarget' in target ? [target.ResTarget] : [],
  )
  if (all.some(({ val }) => val && 'MultiAssignRef' in val)) return undefined
  return all.filter(({ name = '' }) => secrets.has(name)).flatMap(({ val }) => textsIn(val))
}

/** Constants and names: a value in the wrong quotes is a name. */
function textsIn(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, item]) =>
    key === 'sval' && typeof item === 'string' ? [item] : textsIn(item),
  )
}

const byName: ReadonlySet<string> = new Set([
  ...['FuncCall', 'CallStmt', 'DoStmt', 'ExecuteStmt', 'PrepareStmt'],
  ...['CreateFunctionStmt', 'RuleStmt', 'CreateTrigStmt'],
])

/** What of the text may name a table: literals too, where something is called that could take a name from one. */
export const namingText = (node: Node, text: string): string =>
  holds(node)
    ? plainNames(text)
    : [...scanTokens(plainNames(text))]
        .flatMap((token) => (token.kind === 'string' ? [] : [token.text]))
        .join(' ')

function holds(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  return Object.entries(node).some(([key, item]) => byName.has(key) || holds(item))
}
