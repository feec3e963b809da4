/** Everything that makes a function call AWS in another way, done once through the doors that there are when deployed. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { publishDashboard, withdrawDashboard } from '#operations/platform/publish-dashboard.ts'
import { BareClient } from '../support/bare-client.ts'
import { type DeployedLab, linkedAccountId } from '../support/deployed-lab.ts'

const otherAccountId = '222222222222'

/** All but what a schedule begins. */
export async function goEveryWay(lab: DeployedLab): Promise<void> {
  await inOneInvocation(lab)
  await afterAnExecution(lab)
  await inParts(lab)
  await inTurn(lab)
  await expire(lab)
  await overHttp(lab)
  await publishPages(lab)
  await deployAgain(lab)
}

export async function answered(
  { client }: Pick<DeployedLab, 'client'>,
  sql: string,
): Promise<readonly (string | null)[][]> {
  const { statements } = await client.run(sql)
  const last = statements.at(-1)
  if (!last || last.error) throw new Error(`${sql}: ${JSON.stringify(last?.error)}`)
  return last.rows
}

/** A client that comes with a token of its own. */
export async function clientOf(lab: DeployedLab, name: string): Promise<BareClient> {
  const [[token] = []] = await answered(lab, `SELECT token FROM iasql_token_create('${name}', 'viewer')`)
  return await BareClient.open(lab.url, token ?? '')
}

/** The first attempt at a tenant of this alias breaks off when its passwords are in their secrets. */
const breakOff = ({ dataApi }: DeployedLab, by: string): void =>
  dataApi.failInTransaction(
    (call) => call.by === by && /^(CREATE|ALTER) ROLE \w+_writer LOGIN/.test(call.sql),
  )

/** Trusts us from now on. */
async function roleOf(lab: DeployedLab, accountId: string): Promise<string> {
  const [[template] = []] = await answered(lab, "SELECT * FROM iasql_account_role_template('read')")
  const externalId = /"sts:ExternalId": "([^"]+)"/.exec(template ?? '')?.[1] ?? ''
  const role = `arn:aws:iam::${accountId}:role/iasql-home-read`
  lab.trust(role, externalId)
  return role
}

/** Short statements are run-statements' own. */
async function inOneInvocation(lab: DeployedLab): Promise<void> {
  await answered(lab, "SELECT * FROM iasql_install('aws_sqs', 'aws_secrets_manager')")
  const role = await roleOf(lab, linkedAccountId)
  await answered(lab, `SELECT * FROM iasql_account_link('${role}')`)
  await answered(lab, "INSERT INTO queue (name) VALUES ('jobs')")
  await answered(lab, "INSERT INTO secret (name, value) VALUES ('key', 'hidden')")
  await answered(lab, 'SELECT * FROM iasql_apply()')
  lab.dataApi.failInTransaction(({ by }) => by === 'step-execution')
  await answered(lab, 'SELECT * FROM iasql_sync()')
  await answered(lab, "INSERT INTO queue (name) VALUES ('mails')")
  await answered(lab, 'SELECT * FROM iasql_apply(wait => false)')
  await lab.idle()
  const viewer = await clientOf(lab, 'ci')
  await answered({ client: viewer }, 'SELECT 1')
  await answered(lab, "SELECT * FROM iasql_token_revoke('ci')")
  await viewer.closed()
  breakOff(lab, 'run-statements')
  await lab.client.run("SELECT alias FROM iasql_connect('second'); SELECT 1 / 0")
  await answered(lab, "SELECT alias FROM iasql_connect('second')")
  await answered(lab, "SELECT alias FROM iasql_tenant_move('second', 'dedicated')")
  await answered(lab, "SELECT alias FROM iasql_disconnect('second')")
}

/** What comes after a long call in one text is execute-statements'. */
async function afterAnExecution(lab: DeployedLab): Promise<void> {
  const role = await roleOf(lab, otherAccountId)
  const viewer = await clientOf(lab, 'nightly')
  breakOff(lab, 'execute-statements')
  const { statements } = await lab.client.run(
    `SELECT * FROM iasql_sync();
     SELECT * FROM iasql_account_link('${role}');
     SELECT * FROM iasql_account_unlink('${otherAccountId}');
     SELECT * FROM iasql_token_revoke('nightly');
     SELECT alias FROM iasql_connect('third');
     SELECT alias FROM iasql_connect('third');
     SELECT alias FROM iasql_tenant_move('third', 'dedicated');
     SELECT alias FROM iasql_disconnect('third');
     INSERT INTO queue (name) VALUES ('bills');
     SELECT * FROM iasql_apply(wait => false);
     SELECT 1 / 0`,
    { stopOnError: false },
  )
  await lab.idle()
  await viewer.closed()
  const failed = statements.filter(({ error }) => error).map(({ statement }) => statement)
  if (failed.join() !== '4,10') throw new Error(`other statements failed: ${JSON.stringify(statements)}`)
}

/** The transaction in which the last part is taken fails, and is repeated by the client. */
async function inParts({ client, dataApi }: DeployedLab): Promise<void> {
  const runId = randomUUID()
  const send = (index: number, text: string) => client.send({ action: 'part', runId, index, count: 2, text })
  dataApi.failInTransaction(({ by }) => by === 'on-message')
  send(0, 'SELECT 1')
  send(1, ' + 1')
  await client.until((message) => message.type === 'error' && message.runId === runId)
  send(1, ' + 1')
  await client.finished(runId)
}

/** A run that nobody has begun is begun by whoever has done with another. */
async function inTurn(lab: DeployedLab): Promise<void> {
  for (const [lost, sql] of [
    [1, 'SELECT 1'],
    [2, 'SELECT * FROM iasql_sync(); SELECT 1'],
  ] as const) {
    const runId = randomUUID()
    lab.lose((sent) => sent.runId === runId, lost)
    lab.client.send({ action: 'run', runId, sql: 'SELECT 2' })
    await lab.client.until((message) => message.type === 'accepted' && message.runId === runId)
    await answered(lab, sql)
    await lab.client.finished(runId)
  }
}

async function expire(lab: DeployedLab): Promise<void> {
  const viewer = await clientOf(lab, 'weekly')
  await lab.platform.run("UPDATE iasql_platform.connection SET expires_at = now() WHERE subject = 'weekly'")
  viewer.send({ action: 'ping' })
  await viewer.closed()
}

/** The secret of the first owner is worth nothing any more, which a transaction finds out. */
async function overHttp({ url }: DeployedLab): Promise<void> {
  const body = JSON.stringify({ secret: 'secret-of-the-first-owner' })
  const { status } = await fetch(new URL('/first-owner', url.replace('ws:', 'http:')), {
    method: 'POST',
    body,
  })
  if (status !== 403) throw new Error(`a second first owner got ${status}`)
}

async function publishPages(lab: DeployedLab): Promise<void> {
  const store = new S3Client({ forcePathStyle: true })
  const folder = await mkdtemp(join(tmpdir(), 'iasql-pages-'))
  const bucket = 'pages'
  await writeFile(join(folder, 'index.html'), '<p>here')
  await store.send(new CreateBucketCommand({ Bucket: bucket }))
  await lab.during('publish-dashboard', async () => {
    await publishDashboard(store, { folder, bucket, configuration: {} })
    await withdrawDashboard(store, bucket)
  })
  store.destroy()
  await rm(folder, { recursive: true })
}

/** One whose home tenant was left half-made, and one that is too short for all tenants, of which one has a database of its own. */
async function deployAgain(lab: DeployedLab): Promise<void> {
  await lab.platform.run("UPDATE iasql_platform.tenant SET state = 'creating' WHERE is_home")
  breakOff(lab, 'migrate-platform')
  await lab.deploy()
  for (const alias of ['fourth', 'fifth', 'sixth'])
    await answered(lab, `SELECT alias FROM iasql_connect('${alias}')`)
  await answered(lab, "SELECT alias FROM iasql_tenant_move('sixth', 'dedicated')")
  await lab.platform.run('UPDATE iasql_platform.tenant SET fingerprint = NULL')
  await lab.deploy(20_001)
  await lab.idle()
  const told = lab.cloudFormation.answers.map(({ Status }) => Status)
  if (told.join() !== 'SUCCESS,SUCCESS,SUCCESS') throw new Error(`deployments ended with ${told}`)
}
