/** What functions find that a schedule calls: work that nobody does any more, and work that is due. */
import { randomUUID } from 'node:crypto'
import { handler as purgeExpired } from '#functions/purge-expired.ts'
import { handler as recoverRuns } from '#functions/recover-runs.ts'
import { handler as rotateSecrets } from '#functions/rotate-secrets.ts'
import { handler as startDriftChecks } from '#functions/start-drift-checks.ts'
import type { BareClient } from '../support/bare-client.ts'
import type { DeployedLab } from '../support/deployed-lab.ts'
import { answered, clientOf } from './every-way.ts'

export async function leaveAlone(lab: DeployedLab): Promise<void> {
  const viewer = await clientOf(lab, 'reading')
  await abandonRun(lab, lab.client, "created_at = now() - interval '1 minute'")
  await abandonRun(lab, viewer, "state = 'handed', lease_until = now() - interval '1 minute'")
  await abandonRun(lab, lab.client, "state = 'running', lease_until = now() - interval '1 minute'")
  viewer.close()
  await abandonExecution(lab)
  await lab.platform.run("UPDATE iasql_platform.tenant SET state = 'deleting' WHERE alias = 'fifth'")
  lab.dataApi.failInTransaction(({ by, sql }) => by === 'recover-runs' && sql.startsWith('DROP SCHEMA'))
  await sweep(lab)
  await sweep(lab)
}

const sweep = (lab: DeployedLab): Promise<void> => lab.call('recover-runs', recoverRuns)

async function homeSchema({ platform }: DeployedLab): Promise<string> {
  const [home] = await platform.query<{ schema: string }>(
    'SELECT schema_name AS schema FROM iasql_platform.tenant WHERE is_home',
  )
  return home?.schema ?? ''
}

/** The event that was to start it is lost, and the run as if its runner had died in between. */
async function abandonRun(lab: DeployedLab, client: BareClient, as: string): Promise<void> {
  const runId = randomUUID()
  lab.lose((sent) => sent.runId === runId, 1)
  client.send({ action: 'run', runId, sql: 'SELECT 1' })
  await client.until((message) => message.type === 'accepted' && message.runId === runId)
  await lab.platform.run(`UPDATE ${await homeSchema(lab)}.iasql_run SET ${as} WHERE run_id = :runId::uuid`, {
    runId,
  })
  await sweep(lab)
  await client.finished(runId)
}

/** Its machine never starts: the sweep finds first what nobody drives, and then the run that waits for it. */
async function abandonExecution(lab: DeployedLab): Promise<void> {
  const schema = await homeSchema(lab)
  const runId = randomUUID()
  lab.lose(({ to }) => to === 'run', 1)
  lab.client.send({ action: 'run', runId, sql: 'SELECT * FROM iasql_sync()' })
  await lab.client.until((message) => message.type === 'accepted' && message.runId === runId)
  await lab.idle()
  for (const column of ['touched_at', 'ended_at']) {
    await lab.platform.run(
      `UPDATE ${schema}.iasql_execution_record SET ${column} = now() - interval '2 minutes', lease_until = NULL
       WHERE run_id = :runId::uuid`,
      { runId },
    )
    await sweep(lab)
  }
  await lab.client.finished(runId)
}

/** A transaction of each fails before it is over. */
export async function onSchedule(lab: DeployedLab): Promise<void> {
  const fail = (name: string) => lab.dataApi.failInTransaction(({ by }) => by === name)
  fail('purge-expired')
  await lab.call('purge-expired', purgeExpired)
  await lab.platform.run("UPDATE iasql_platform.tenant SET secrets_rotated_at = now() - interval '1 year'")
  fail('rotate-secrets')
  await lab.call('rotate-secrets', rotateSecrets)
  await answered(lab, "SELECT * FROM iasql_set('automatic_delay_seconds', '0')")
  await answered(lab, "SELECT * FROM iasql_set('automatic_mode', 'apply')")
  await answered(lab, "INSERT INTO queue (name) VALUES ('letters')")
  await lab.platform.run('UPDATE iasql_platform.drift_schedule SET next_at = now()')
  await lab.call('start-drift-checks', startDriftChecks)
}
