/** Looks at the account before anything is deployed: who we are there, where, what it allows, and what is deployed already. */
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation'
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

/** Something stands in the way; the message says what, and what to do about it. */
export class DeployError extends Error {
  override readonly name = 'DeployError'
}

export interface Place {
  readonly region?: string | undefined
  readonly profile?: string | undefined
}

/** The stack as it is in the account. */
export interface Deployed {
  readonly status: string
  readonly outputs: Readonly<Record<string, string>>
}

export interface Account {
  readonly accountId: string
  readonly region: string
  /** Who deploys. */
  readonly caller: string
  readonly deployed: Deployed | undefined
}

const oldestBootstrap = 6
/** What the functions keep for themselves, and what AWS wants left over for all others of the account. */
export const neededConcurrency = 734

export async function lookAtAccount(place: Place, stackName: string): Promise<Account> {
  const settings = clean(place)
  const region = await regionOf(settings)
  const { Account: accountId = '', Arn: caller = '' } = await identityIn({ ...settings, region })
  const formation = new CloudFormationClient({ ...settings, region })
  const toolkit = await findStack(formation, 'CDKToolkit')
  const version = Number(toolkit?.outputs.BootstrapVersion ?? 0)
  if (version < oldestBootstrap) {
    throw new DeployError(
      `The CDK is ${toolkit ? `bootstrapped in an old version (${version})` : 'not bootstrapped'} in account ${accountId}, region ${region}.\n` +
        `Run once: npx cdk bootstrap aws://${accountId}/${region}`,
    )
  }
  return { accountId, region, caller, deployed: await findStack(formation, stackName) }
}

/** What a client is made with. */
interface ClientSettings {
  readonly region?: string
  readonly profile?: string
}

const clean = ({ region, profile }: Place): ClientSettings => ({
  ...(region === undefined ? {} : { region }),
  ...(profile === undefined ? {} : { profile }),
})

async function regionOf(settings: ClientSettings): Promise<string> {
  try {
    return await new STSClient(settings).config.region()
  } catch {
    throw new DeployError('No region is chosen. Give --region eu-west-1, or set AWS_REGION.')
  }
}

/** Of Node's network: ENOTFOUND, ECONNREFUSED. */
const isAway = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code))

const askIdentity = (settings: ClientSettings) =>
  new STSClient(settings).send(new GetCallerIdentityCommand({}))

/** In every account of AWS's own partition. */
const everybodysRegion = 'us-east-1'

async function identityIn(settings: ClientSettings & { readonly region: string }) {
  const { region } = settings
  try {
    return await askIdentity(settings)
  } catch (error) {
    // A region that is not enabled knows nobody, so it answers as if the credentials were wrong.
    const elsewhere =
      region === everybodysRegion
        ? undefined
        : await askIdentity({ ...settings, region: everybodysRegion }).catch(() => undefined)
    if (elsewhere) {
      throw new DeployError(
        `There is no region ${region}, or account ${elsewhere.Account} has not enabled it.\n` +
          'Choose another by --region, or enable it in the console: Account, AWS Regions.',
      )
    }
    const reason = error instanceof Error ? error.message : String(error)
    if (isAway(error))
      throw new DeployError(`AWS does not answer: ${reason}\nLook at the network and its proxy.`)
    throw new DeployError(
      `There are no AWS credentials that work: ${reason}\nSign in as for the AWS CLI (aws sso login, or AWS_PROFILE), or give --profile.`,
    )
  }
}

async function findStack(client: CloudFormationClient, name: string): Promise<Deployed | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }))
    return stack && deployedOf(stack)
  } catch (error) {
    // CloudFormation has no error of its own for a stack that is not there.
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined
    if (error instanceof Error && error.name === 'AccessDenied') {
      throw new DeployError(`Whoever you are signed in as may not look at stacks: ${error.message}`)
    }
    throw error
  }
}

const deployedOf = ({ StackStatus, Outputs = [] }: Stack): Deployed => ({
  status: StackStatus ?? '',
  outputs: Object.fromEntries(
    Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  ),
})

/** @throws DeployError when the stack is in a state that no deployment can begin in */
export function checkState(deployed: Deployed | undefined): void {
  const { status = '' } = deployed ?? {}
  if (status.endsWith('_IN_PROGRESS')) {
    throw new DeployError(`The stack is being changed already (${status}). Wait until that has ended.`)
  }
  if (status === 'ROLLBACK_COMPLETE' || status === 'ROLLBACK_FAILED') {
    throw new DeployError(
      `The first deployment failed, and its stack is still there (${status}). Run: iasql destroy, then deploy again.`,
    )
  }
  if (status.endsWith('_FAILED')) {
    throw new DeployError(
      `The stack is stuck (${status}). Look at its events in the CloudFormation console and continue the rollback there.`,
    )
  }
}

/** New accounts have ten concurrent executions in all: then nothing can be kept for single functions. */
export async function checkConcurrency(place: Place): Promise<void> {
  const { AccountLimit } = await new LambdaClient(clean(place)).send(new GetAccountSettingsCommand({}))
  const limit = AccountLimit?.ConcurrentExecutions ?? 0
  if (limit >= neededConcurrency) return
  throw new DeployError(
    `Lambda gives this account ${limit} concurrent executions, and ${neededConcurrency} are needed to keep some for each function.\n` +
      'Ask for 1,000 in the Service Quotas console, or deploy with reserveConcurrency=false.',
  )
}
