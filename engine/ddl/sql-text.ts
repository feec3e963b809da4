/** Names and literals in generated SQL. */
import type { Json } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'

/** Schema and roles of one tenant. */
export interface TenantNames {
  readonly schema: string
  readonly ownerRole: string
  readonly readerRole: string
  readonly writerRole: string
}

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const inSchema = ({ schema }: Pick<TenantNames, 'schema'>, name: string): string =>
  `${identifier(schema)}.${identifier(name)}`

/** A text literal without `:word`, which the Data API could take for a parameter. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  if (!/:\w/.test(text)) return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
  return `E${quoted.replaceAll('\\', '\\\\').replaceAll(':', '\\x3A')}`
}

export function defaultLiteral(value: Json): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return literal(value)
  return typeof value === 'object' ? `CAST(${literal(JSON.stringify(value))} AS jsonb)` : String(value)
}

export const columnList = (names: readonly string[]): string => names.map(identifier).join(', ')

export function placeColumns({ place }: Pick<TableSpec, 'place'>): readonly string[] {
  switch (place) {
    case 'regional':
      return ['account_id', 'region']
    case 'global':
      return ['account_id']
    case 'tenant':
      return []
  }
}

/** Triggers watch tenants' logins; what the engine itself writes under this login passes them by. */
export const byTenant = `session_user <> 'iasql_platform'`

export interface TriggerFunction {
  readonly name: string
  readonly body: string
  readonly declarations?: readonly string[]
  /** What it runs under, whatever the session has set, for example `timezone = 'UTC'`. */
  readonly settings?: readonly string[]
}

/** A trigger function with its owner's rights and a pinned path; nobody else may attach it to a table. */
export function triggerFunctionSql(names: TenantNames, trigger: TriggerFunction): readonly string[] {
  const declare = trigger.declarations ? `DECLARE ${trigger.declarations.join(' ')} ` : ''
  const settings = ['search_path = pg_catalog, pg_temp', ...(trigger.settings ?? [])].map(
    (one) => `SET ${one}`,
  )
  const name = `${inSchema(names, trigger.name)}()`
  return [
    `CREATE FUNCTION ${name} RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ` +
      `${settings.join(' ')} AS $iasql$\n${declare}BEGIN\n${trigger.body}\nEND\n$iasql$`,
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
  ]
}

/** Tells the user something after COMMIT: the Data API carries no NOTICE. Once for each message and transaction. */
export const noticeSql = (names: TenantNames, message: string, hint: string): string =>
  `INSERT INTO ${inSchema(names, 'iasql_notice')} (xid, message, hint)
    SELECT pg_current_xact_id(), ${message}, ${hint} WHERE NOT EXISTS (SELECT FROM ${inSchema(names, 'iasql_notice')} n
      WHERE n.xid = pg_current_xact_id() AND n.message = ${message});`
