/** What is checked before a deployment, with the account answered by hand. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Cdk, type Deployment, deploy, destroy } from '#cdk/deploy.ts'

const identities = mockClient(STSClient)
const formation = mockClient(CloudFormationClient)
const lambda = mockClient(LambdaClient)

/** Stacks by name, as CloudFormation describes them. */
function stacks(
  found: Readonly<Record<string, { readonly status?: string; readonly outputs?: object }>>,
): void {
  formation.on(DescribeStacksCommand).callsFake(({ StackName }: { readonly StackName: string }) => {
    const stack = found[StackName]
    if (!stack) throw new Error(`Stack with id ${StackName} does not exist`)
    const Outputs = Object.entries(stack.outputs ?? {}).map(([OutputKey, OutputValue]) => ({
      OutputKey,
      OutputValue,
    }))
    return { Stacks: [{ StackName, StackStatus: stack.status ?? 'UPDATE_COMPLETE', Outputs }] }
  })
}

const toolkit = { CDKToolkit: { outputs: { BootstrapVersion: '21' } } }
const outputs = {
  DashboardUrl: 'https://pages.example',
  SocketUrl: 'wss://socket.example',
  FirstOwnerSecret: 'iasql/first-owner',
  Options: '{"alarmEmail":"ops@example.com","maxCapacity":"16"}',
}

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  identities
    .on(GetCallerIdentityCommand)
    .resolves({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/me' })
  lambda.on(GetAccountSettingsCommand).resolves({ AccountLimit: { ConcurrentExecutions: 1_000 } })
  stacks(toolkit)
})

afterEach(() => {
  for (const service of [identities, formation, lambda]) service.reset()
  vi.unstubAllEnvs()
})

/** A deployment whose CDK only notes how it was called. */
function lab(given: readonly string[] = [], isSure = true) {
  const told: string[] = []
  const ran: { readonly words: readonly string[]; readonly region: string | undefined }[] = []
  const deployment: Deployment = { given, isSure, tell: (line) => told.push(line), environment: {} }
  const cdk: Cdk = async (words, { AWS_REGION }) => {
    ran.push({ words, region: AWS_REGION })
    return 0
  }
  return { deployment, cdk, ran, told: () => told.join('\n') }
}

test('without credentials that work it says how to sign in', async () => {
  const { deployment, cdk, ran } = lab()
  identities.on(GetCallerIdentityCommand).rejects(new Error('Could not load credentials from any providers'))

  await expect(deploy(deployment, cdk)).rejects.toThrow(/no AWS credentials that work.*aws sso login/s)
  expect(ran).toEqual([])
})

test('where the region is wrong or not enabled it says so, since that knows nobody', async () => {
  const { deployment, cdk, ran } = lab()
  identities.on(GetCallerIdentityCommand).callsFake(async (_, getClient) => {
    if ((await getClient().config.region()) !== 'us-east-1')
      throw new Error('The security token included in the request is invalid.')
    return { Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/me' }
  })

  await expect(deploy({ ...deployment, region: 'me-central-1' }, cdk)).rejects.toThrow(
    /There is no region me-central-1, or account 123456789012 has not enabled it.*--region/s,
  )
  expect(ran).toEqual([])
})

test('where AWS is not to be reached it does not ask for other credentials', async () => {
  const { deployment, cdk } = lab()
  identities
    .on(GetCallerIdentityCommand)
    .rejects(
      Object.assign(new Error('getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com'), { code: 'ENOTFOUND' }),
    )

  await expect(deploy(deployment, cdk)).rejects.toThrow('AWS does not answer: getaddrinfo ENOTFOUND')
})

test('without a region it says how to choose one', async () => {
  const { deployment, cdk } = lab()
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere')

  await expect(deploy(deployment, cdk)).rejects.toThrow('No region is chosen. Give --region')
})

test.each([
  ['not bootstrapped', {}],
  ['bootstrapped in an old version (4)', { CDKToolkit: { outputs: { BootstrapVersion: '4' } } }],
])('where the CDK is %s it says what to run', async (state, found) => {
  const { deployment, cdk, ran } = lab()
  stacks(found)

  await expect(deploy(deployment, cdk)).rejects.toThrow(
    `The CDK is ${state} in account 123456789012, region eu-west-1.\nRun once: npx cdk bootstrap aws://123456789012/eu-west-1`,
  )
  expect(ran).toEqual([])
})

test.each([
  ['UPDATE_IN_PROGRESS', 'Wait until that has ended'],
  ['ROLLBACK_COMPLETE', 'Run: iasql destroy, then deploy again'],
  ['UPDATE_ROLLBACK_FAILED', 'continue the rollback'],
])('a stack in state %s is left alone: %s', async (status, advice) => {
  const { deployment, cdk, ran } = lab()
  stacks({ ...toolkit, iasql: { status } })

  await expect(deploy(deployment, cdk)).rejects.toThrow(advice)
  expect(ran).toEqual([])
})

test('a new account has too few concurrent executions to keep some, unless nothing is kept', async () => {
  lambda.on(GetAccountSettingsCommand).resolves({ AccountLimit: { ConcurrentExecutions: 10 } })
  const { deployment, cdk, ran } = lab()

  await expect(deploy(deployment, cdk)).rejects.toThrow('deploy with reserveConcurrency=false')
  expect(await deploy({ ...deployment, given: ['reserveConcurrency=false'] }, cdk)).toBe(true)
  expect(ran).toHaveLength(1)
})

test.each([
  ['maxCapacity', 'is not of the form name=value'],
  ['domian=iasql.example.com', 'there is no context option “domian”'],
  ['domain=iasql.example.com', 'domain also needs certificateArn'],
])('the word %s is refused before anything is deployed: %s', async (word, message) => {
  const { deployment, cdk, ran } = lab([word])

  await expect(deploy(deployment, cdk)).rejects.toThrow(message)
  expect(ran).toEqual([])
})

test('deploys with what was chosen before and now, and tells the URL and how the first owner signs in', async () => {
  const { deployment, cdk, ran, told } = lab(['maxCapacity=', 'backupDays=35'], false)
  stacks({ ...toolkit, iasql: { outputs } })

  expect(await deploy(deployment, cdk)).toBe(true)

  expect(ran).toEqual([
    {
      region: 'eu-west-1',
      words: [
        ...['deploy', 'iasql', '--require-approval', 'broadening'],
        ...['-c', 'alarmEmail=ops@example.com', '-c', 'backupDays=35'],
      ],
    },
  ])
  expect(told()).toContain('Deploying into account 123456789012, region eu-west-1')
  expect(told()).toContain('Dashboard: https://pages.example')
  expect(told()).toContain(
    'aws secretsmanager get-secret-value --region eu-west-1 --secret-id iasql/first-owner',
  )
})

test('a deployment that fails is no success, and tells nothing of signing in', async () => {
  const { deployment, told } = lab()

  expect(await deploy(deployment, async () => 1)).toBe(false)
  expect(told()).not.toContain('first owner')
})

test('destroys only when somebody is sure, having said what becomes of the data', async () => {
  stacks({ ...toolkit, iasql: { outputs } })
  const asking = lab([], false)
  const sure = lab()

  await expect(destroy(asking.deployment, asking.cdk)).rejects.toThrow('Say so with --yes')
  expect(await destroy(sure.deployment, sure.cdk)).toBe(true)

  expect(asking.ran).toEqual([])
  expect(asking.told()).toContain('The database stays')
  expect(sure.ran.map(({ words }) => words)).toEqual([
    ['destroy', 'iasql', '--force', '-c', 'onDestroy=retain'],
  ])
})

test('where nothing is deployed there is nothing to destroy', async () => {
  const { deployment, cdk } = lab()

  await expect(destroy(deployment, cdk)).rejects.toThrow('Nothing is deployed in account 123456789012')
})
