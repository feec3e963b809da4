/** Takes a tenant out of one database, while it is served from another: what it has left, or what was made for nothing. */
import type { Queryable } from '#postgres/database.ts'
import { dropPlatformRows } from '#postgres/moving/copy-platform-rows.ts'
import { refuseConnect } from '#postgres/statements/tenant-freeze.ts'
import { type MovePhase, stillHeld } from '#postgres/statements/tenant-move.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { dropCell } from '../tenant/cells.ts'
import { MovePaused, type MoveWork } from './move-work.ts'

/** `database`: the cell, which goes as a whole, or the directory. Safe to repeat. */
export async function leaveDatabase(work: MoveWork, database: string, phase: MovePhase): Promise<void> {
  const { ports, tenant, pause } = work
  await pause()
  const isCell = database === tenant.id
  if (!isCell) await refuseConnect(ports.platform, database, tenant)
  await ports.platform.transaction(async (transaction) => {
    // Who comes back to this after a long time would drop what has been made since: nobody else goes on while this is held.
    if (!(await stillHeld(transaction, work.holding, phase))) throw new MovePaused()
    // By another session: no transaction can drop a database.
    if (isCell) return await dropCell(ports, tenant.id)
    await transaction.run("SET LOCAL lock_timeout = '5s'")
    await dropSchemas(transaction, tenant)
    await dropPlatformRows(transaction, tenant.id)
    await transaction.run('DELETE FROM iasql_platform.schema_version WHERE scope = :id', { id: tenant.id })
  })
}

/** With what the roles have here beside: a role that has rights anywhere cannot be dropped. */
async function dropSchemas(transaction: Queryable, { schema, userSchema, ownerRole }: Tenant): Promise<void> {
  for (const name of [userSchema, schema]) await transaction.run(`DROP SCHEMA IF EXISTS ${name} CASCADE`)
  await transaction.run(`REVOKE ALL ON SCHEMA pgcrypto FROM ${ownerRole}`)
  await transaction.run(`ALTER DEFAULT PRIVILEGES FOR ROLE ${ownerRole} GRANT EXECUTE ON FUNCTIONS TO PUBLIC`)
}
