/** For whom the engine writes tenants' rows: the audit log has it from a setting that the statement itself makes. */
import { literal } from '#engine/ddl/sql-text.ts'

const setting = (author: string): string =>
  `(SELECT pg_catalog.set_config('iasql.author', ${author}, true)) note_author`

/** A part of a FROM clause by which the triggers of a statement learn of its author; what is not authored has none. */
export const noteAuthor = setting(':author::text')

/** An object without members. */
const nobody = "'{ }'"

/** The same within a block of code, which takes no parameters. */
export const noteAuthorInBlock = setting(nobody)

export interface Authored<Parameters> {
  readonly sql: string
  readonly parameters: Parameters
}

/** The statement with its author where it notes one; with none where none is given. */
export function withAuthor<Parameters extends object>(
  { sql, parameters }: Authored<Parameters>,
  author = '',
): Authored<Parameters> {
  if (sql.includes(noteAuthor)) return { sql, parameters: { author, ...parameters } }
  if (author === '' || !sql.includes(noteAuthorInBlock)) return { sql, parameters }
  return { sql: sql.replaceAll(noteAuthorInBlock, () => setting(literal(author))), parameters }
}
