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

const pinned: Settings = {
  bytea_output: 'hex',
  check_function_bodies: 'on',
  datestyle: 'ISO, MDY',
  extra_float_digits: '1',
  intervalstyle: 'postgres',
  row_security: 'on',
  standard_conforming_strings: 'on',
  timezone: 'UTC',
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
