/** What a check is, and what it looks at the cloud through: SDK clients of the test's own, of whatever class it needs. */
import { existsSync } from 'node:fs'
import type { Json } from '#engine/model/json.ts'
import type { LiveHost } from '../support/live-host.ts'

type Configuration = LiveHost['awsConfiguration']

/** `client(EC2Client)`: a client of that class at the emulator, made once. */
export type ClientOf = <Client>(clientClass: new (configuration: Configuration) => Client) => Client

/** A row of the table, as SQL gives it. */
export type CheckRow = Readonly<Record<string, Json>>

interface Check {
  exists(row: CheckRow, client: ClientOf): Promise<boolean>
  /** Of a table with a column of the kind content: what the cloud holds. */
  contentOf?(row: CheckRow, client: ClientOf): Promise<Uint8Array>
}

export const clientsOf = (configuration: Configuration): ClientOf => {
  const made = new Map<unknown, unknown>()
  return <Client>(clientClass: new (configuration: Configuration) => Client): Client => {
    const client = (made.get(clientClass) as Client | undefined) ?? new clientClass(configuration)
    made.set(clientClass, client)
    return client
  }
}

export const checkOf = async (table: string): Promise<Check> => {
  const file = `checks/${table}.ts`
  if (!existsSync(new URL(file, import.meta.url)))
    throw new Error(`${table} has no check: add test/modules/${file} (CONTRIBUTING, step 4)`)
  return (await import(`./checks/${table}.ts`)) as Check
}

/** Whether a thing is there, by the error that AWS gives for one that is not. */
export async function isThere(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    const { name, Code } = error as { name?: string; Code?: string }
    if (`${name} ${Code}`.match(/NotFound|NonExistent|DoesNotExist|NoSuch/)) return false
    throw error
  }
}
