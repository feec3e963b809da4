/** Which connection wants which topic; the connection says whose tenant it is. */
import type { Queryable } from '../database.ts'

interface Subscription {
  readonly connectionId: string
  readonly topic: string
}

export async function insertSubscription(db: Queryable, subscription: Subscription): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.subscription (connection_id, tenant_id, topic)
     SELECT c.connection_id, c.tenant_id, :topic FROM iasql_platform.connection c
     WHERE c.connection_id = :connectionId ON CONFLICT DO NOTHING`,
    { ...subscription },
  )
}

export async function deleteSubscription(db: Queryable, subscription: Subscription): Promise<void> {
  await db.run(
    'DELETE FROM iasql_platform.subscription WHERE connection_id = :connectionId AND topic = :topic',
    { ...subscription },
  )
}
