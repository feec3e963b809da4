/** What is going on in the tenant, asked over the socket. */
import type { IasqlClient } from '#websocket/client.ts'

const executions =
  'SELECT kind, state, count(*) FROM iasql_execution GROUP BY kind, state ORDER BY kind, state'

/** Rows of three texts: what, its state, how many. */
export async function askExecutions(
  client: Pick<IasqlClient, 'run'>,
): Promise<readonly (readonly (string | null)[])[]> {
  const rows: (readonly (string | null)[])[] = []
  for await (const message of client.run(executions)) {
    if (message.type === 'reset') rows.length = 0
    if (message.type === 'rows') rows.push(...message.rows)
    if (message.type === 'error') throw new Error(message.error.message)
  }
  return rows
}
