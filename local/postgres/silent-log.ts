/** No statement, parameter or error of a tenant reaches the server's log: they may hold secrets. */
import { type Client, escapeIdentifier, escapeLiteral } from 'pg'

export const silentLog = {
  log_statement: 'none',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
} as const

/**
 * For one database of a server that is not ours; only a superuser may. The platform's role may then set the same for the
 * databases that it makes.
 */
export const silence = async (client: Client, database: string, platform: string): Promise<void> => {
  const { rows } = await client.query<{ rolsuper: boolean }>(
    'SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user',
  )
  if (!rows[0]?.rolsuper) return
  for (const [name, value] of Object.entries(silentLog)) {
    await client.query(`ALTER DATABASE ${escapeIdentifier(database)} SET ${name} = ${escapeLiteral(value)}`)
    await client.query(`GRANT SET ON PARAMETER ${name} TO ${escapeIdentifier(platform)}`)
  }
}

/** Settings by which the log may get statements, as they are for this connection. */
export const talkative = async (client: Client): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT s.name FROM pg_catalog.pg_settings s JOIN pg_catalog.jsonb_each_text($1) wanted ON wanted.key = s.name
     WHERE s.setting <> wanted.value ORDER BY s.name`,
    [JSON.stringify(silentLog)],
  )
  return rows.map(({ name }) => name)
}
