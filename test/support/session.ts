/** A user with a connection of their own in a lab: what they write and call belongs to their session. */
import { randomUUID } from 'node:crypto'
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { Ports } from '#operations/ports.ts'
import type { Database } from '#postgres/database.ts'
import { deleteConnection } from '#postgres/statements/connection-delete.ts'
import { insertConnection } from '#postgres/statements/connection-insert.ts'
import { insertEditor, ownTransactionId } from '#postgres/statements/run-commit.ts'
import type { Tenant } from '#postgres/tenant.ts'

interface Lab {
  readonly platform: Database
  readonly tenant: Tenant
  /** As the tenant's writer. */
  readonly user: Database
  call(name: string, given: readonly Json[] | undefined, by: Caller): Promise<readonly Row[]>
}

export interface Caller {
  readonly actor: string
  readonly connectionId: string
}

export interface LabSession extends Caller {
  /** Statements of one run, in one transaction of the database; gives its xid. */
  write(...statements: readonly string[]): Promise<string>
  call(name: string, given?: readonly Json[]): Promise<readonly Row[]>
  /** What the call is refused with. */
  refusal(name: string, given?: readonly Json[]): Promise<IasqlError>
  leave(): Promise<void>
}

export async function openSession(lab: Lab, actor: string): Promise<LabSession> {
  const { platform, tenant, user } = lab
  const by = { actor, connectionId: randomUUID() }
  await insertConnection(platform, {
    connectionId: by.connectionId,
    tenantId: tenant.id,
    subject: actor,
    role: 'owner',
    endpoint: 'test',
  })
  return {
    ...by,
    write: (...statements) =>
      user.transaction(async (transaction) => {
        for (const sql of statements) await transaction.run(sql)
        const xid = await ownTransactionId(transaction)
        await insertEditor(platform, tenant, { ...by, xid, runId: randomUUID() })
        return xid
      }),
    call: (name, given) => lab.call(name, given, by),
    refusal: (name, given) =>
      lab.call(name, given, by).then(
        () => {
          throw new Error(`${name} was not refused`)
        },
        (error: unknown) => {
          if (error instanceof IasqlError) return error
          throw error
        },
      ),
    leave: async () => void (await deleteConnection(platform, by.connectionId)),
  }
}

/** The lab that a tenant lab is to sessions. */
export const sessionLab = (lab: {
  readonly ports: Pick<Ports, 'platform'>
  readonly tenant: Tenant
  readonly user: Database
  readonly call: Lab['call']
}): Lab => ({ platform: lab.ports.platform, tenant: lab.tenant, user: lab.user, call: lab.call })
