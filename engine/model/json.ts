/** JSON values and rows, the only shape in which data crosses from tables to decisions and back. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** One row of a managed table: column name → value. A reference holds the row id of its target (a number). */
export type Row = JsonObject
