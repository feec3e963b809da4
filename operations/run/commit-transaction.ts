/** COMMIT, so that its outcome is known whatever happens: the transaction's id is stored before it in another one. */
import { IasqlError } from '#engine/model/error.ts'
import { endRunBackend } from '#postgres/statements/run-cancel.ts'
import { insertCommit, type TransactionFate, transactionFate } from '#postgres/statements/run-commit.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import type { SchemaCommand } from '../statement/schema-command.ts'
import { postNews } from '../topics/publish.ts'
import { storeSchemaChange } from '../topics/schema-news.ts'
import { isDatabaseGone } from './database-gone.ts'
import type { OpenRun } from './open-run.ts'
import type { TenantTransaction } from './tenant-transaction.ts'
import { whenDatabaseAnswers } from './when-database-answers.ts'

export interface CommitOf {
  readonly statement: number
  readonly tag: string
  readonly rowCount: number
  readonly xid: string | undefined
  readonly commands: readonly SchemaCommand[]
}

/** Of a transaction's schema commands, as many are told. */
const mostCommands = 100

/** @throws what the database refused the commit with; then nothing of the transaction stays. */
export async function commitTransaction(
  run: OpenRun,
  transaction: TenantTransaction,
  { xid, commands, ...commit }: CommitOf,
): Promise<void> {
  if (xid === undefined) return transaction.commit()
  const { ports, tenant, runId, claimed } = run
  const told = commands.slice(0, mostCommands)
  const isOurs = await insertCommit(ports.platform, tenant, {
    ...commit,
    xid,
    runId,
    fence: claimed.fence,
    actor: claimed.actor,
    commands: told.length > 0 ? told.map((command) => ({ ...command })) : null,
  })
  if (!isOurs) throw new IasqlError('system/internal', `run ${runId} was taken over before its commit`)
  try {
    await transaction.commit()
  } catch (error) {
    if (!isDatabaseGone(error)) throw error
    if ((await decideTransaction(ports, tenant, runId, xid)) !== 'committed') throw error
  }
  await announce(run, told)
}

async function announce(run: OpenRun, commands: readonly SchemaCommand[]): Promise<void> {
  const { ports, tenant, runId, claimed } = run
  const news = await storeSchemaChange(ports, tenant, { runId, actor: claimed.actor, commands })
  // A slow subscriber does not hold the run back.
  run.announced = run.announced.then(() => postNews(ports, tenant, news))
}

/** A transaction that is still open belongs to a backend whose runner is gone: it is ended, then asked again. */
export async function decideTransaction(
  ports: Ports,
  tenant: Tenant,
  runId: string,
  xid: string,
): Promise<Exclude<TransactionFate, 'in progress'>> {
  return whenDatabaseAnswers(ports, async () => {
    for (;;) {
      const fate = await transactionFate(ports.platform, xid)
      if (fate !== 'in progress') return fate
      await endRunBackend(ports.platform, tenant, runId)
      await ports.clock.sleep(50)
    }
  })
}
