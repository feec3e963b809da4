/** Settings that a tenant's logins begin with: they have these and no others, whatever a tenant plants with ALTER ROLE. */
import type { Tenant } from './tenant.ts'

/** A net behind the limits of the Data API; its users may set other values, so nothing relies on them. */
const netSettings = { statement_timeout: '60s', idle_in_transaction_session_timeout: '240s' }

/** As `pg_db_role_setting` keeps them, in the order in which they are made. */
export const roleSettings = ({ schema, userSchema }: Tenant): Readonly<Record<string, string>> => ({
  search_path: `${schema}, ${userSchema}`,
  ...netSettings,
})

/** An SQL literal of what `pg_db_role_setting.setconfig` must be. */
export const roleSettingsLiteral = (tenant: Tenant): string => {
  const items = Object.entries(roleSettings(tenant)).map(([name, value]) => `'${name}=${value}'`)
  return `ARRAY[${items.join(', ')}]`
}

/**
 * Given when connecting, because that goes before what is planted on a role, and because these count from the first
 * statement of a transaction on, where SET LOCAL comes too late.
 */
export const connectionSettings: Readonly<Record<string, string>> = {
  ...netSettings,
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  default_transaction_deferrable: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  exit_on_error: 'off',
  transaction_timeout: '0',
}
