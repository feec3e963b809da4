/** The names in a call of `iasql_install` or `iasql_uninstall`, whose only argument is VARIADIC. */
import type { Json } from '#engine/model/json.ts'

export const moduleNames = (given: readonly Json[]): readonly string[] =>
  given.flat().filter((name) => typeof name === 'string')
