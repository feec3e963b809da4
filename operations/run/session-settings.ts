/** What every transaction of a tenant is pinned to, and which settings a client may change for its connection. */
import { applicationName } from '#postgres/statements/run-cancel.ts'
import type { Tenant } from '#postgres/tenant.ts'

export type Settings = Readonly<Record<string, string>>

/** Settings that SET may change, in PostgreSQL's spelling. */
export const changeableSettings: ReadonlySet<string> = new Set([
  'bytea_output',
  'datestyle',
  'extra_float_digits',
  'intervalstyle',
  'search_path',
  'timezone',
])

/** All that changes what a statement means or gives: ALTER ROLE in a DO may have planted any of them on the login. */
const pinned: Settings = {
  array_nulls: 'on',
  backslash_quote: 'safe_encoding',
  bytea_output: 'hex',
  check_function_bodies: 'on',
  datestyle: 'ISO, MDY',
  default_table_access_method: 'heap',
  default_tablespace: '',
  default_text_search_config: 'pg_catalog.english',
  exit_on_error: 'off',
  extra_float_digits: '1',
  gin_fuzzy_search_limit: '0',
  idle_in_transaction_session_timeout: '240s',
  intervalstyle: 'postgres',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  lock_timeout: '0',
  quote_all_identifiers: 'off',
  restrict_nonsystem_relation_kind: '',
  row_security: 'on',
  standard_conforming_strings: 'on',
  statement_timeout: '60s',
  temp_tablespaces: '',
  timezone: 'UTC',
  timezone_abbreviations: 'Default',
  transaction_timeout: '0',
  transform_null_equals: 'off',
  xmlbinary: 'base64',
  xmloption: 'content',
}

export const defaultSearchPath = (tenant: Tenant): string => `${tenant.schema}, ${tenant.userSchema}`

/** For a statement that makes an object: PostgreSQL makes it in the first schema of the path. */
export const creatingSearchPath = (tenant: Tenant): string => `${tenant.userSchema}, ${tenant.schema}`

/** Everything a transaction begins with. `changed`: what the connection's SETs have changed. */
export const transactionSettings = (tenant: Tenant, runId: string, changed: Settings): Settings => ({
  ...pinned,
  search_path: defaultSearchPath(tenant),
  ...changed,
  application_name: applicationName(runId),
})

/** A search path may hold the tenant's two schemas and PostgreSQL's own. */
export function isOwnSearchPath(tenant: Tenant, value: string): boolean {
  const own = new Set([tenant.schema, tenant.userSchema, 'pg_catalog'])
  return value.split(',').every((name) => own.has(name.trim().replaceAll('"', '')))
}
