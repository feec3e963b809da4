/** A database error as the one text that the Data API gives: the driver's message with indented fields. */
import { DatabaseError } from 'pg'

/**
 * `ERROR: message`, then the fields PostgreSQL gave, one indented line each, ended by the SQLSTATE.
 * Source: ServerErrorMessage of the JDBC driver, which the service uses.
 */
export function errorText(error: DatabaseError): string {
  const fields: readonly [string, string | undefined][] = [
    ['Detail', error.detail],
    ['Hint', error.hint],
    ['Position', error.position],
    ['Where', error.where],
    ['Internal Query', error.internalQuery],
    ['Internal Position', error.internalPosition],
  ]
  const lines = fields.flatMap(([name, value]) => (value ? [`\n  ${name}: ${value}`] : []))
  return `${error.severity ?? 'ERROR'}: ${error.message}${lines.join('')}; SQLState: ${error.code ?? 'XX000'}`
}

export const isDatabaseError = (error: unknown): error is DatabaseError => error instanceof DatabaseError
