/** The ports on AWS, made from the environment that the stack gives to every function. */

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { createCloud } from '#aws/create-cloud.ts'
import { createRoleAccounts } from '#aws/role-accounts.ts'
import type { Registry } from '#modules/registry.ts'
import { auroraDataApi } from '#postgres/aurora-data-api.ts'
import { databaseOver } from '#postgres/database.ts'
import { type Repair, repairingDataApi } from '#postgres/repairing-data-api.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { spillingDataApi } from '#postgres/spilling-data-api.ts'
import { aesCipher } from './aes-cipher.ts'
import { apiGatewayConnections } from './connection/api-gateway-connections.ts'
import { wakingWatch } from './connection/tell-waking.ts'
import { limitedCloud } from './limits/limited-cloud.ts'
import { sharedLimits } from './limits/shared-limits.ts'
import { countTo } from './metrics.ts'
import { eventBus } from './news/event-bus.ts'
import { identityOf } from './people/issuer-settings.ts'
import type { Accounts, Cipher, Invoker, Log, MachineName, Ports, StateMachines } from './ports.ts'
import { secretKeysIn } from './secrets/secret-keys.ts'
import { secretsManagerLogins } from './secrets/secrets-manager-logins.ts'
import { secretsManagerTexts } from './secrets/secrets-manager-texts.ts'
import { systemClock } from './system-clock.ts'

type Environment = Readonly<Record<string, string | undefined>>

const count = countTo(
  (line) => process.stdout.write(line),
  () => Date.now(),
)

/** Lambda's 15 minutes less the time to come to a safe point. */
const budgetMs = 840_000

export function awsHost(environment: Environment): Ports {
  const variable = (name: string): string => {
    const value = environment[name]
    if (!value) throw new Error(`The environment variable ${name} is missing.`)
    return value
  }
  const clusterArn = variable('IASQL_CLUSTER_ARN')
  const waking = wakingWatch()
  const dataApi = auroraDataApi({
    resourceArn: clusterArn,
    resumeMs: patienceMs(environment),
    onResuming: waking.tell,
  })
  const secret = variable('IASQL_PLATFORM_SECRET_ARN')
  const spilling = spillingDataApi(dataApi)
  const cellDatabase = (database: string) => databaseOver(spilling, { secret, database })
  const platform = cellDatabase(variable('IASQL_DATABASE'))
  const store = new SecretsManagerClient()
  return {
    dataApi: repairingDataApi(
      dataApi,
      repairBy({ platform, cellDatabase, secrets: secretsManagerLogins(store) }),
    ),
    platform,
    cellDatabase,
    waking,
    cloud: limitedCloud(
      createCloud({ profile: 'aws' }),
      sharedLimits({ db: platform, clock: systemClock, log, count }),
    ),
    accounts: accountsBy(variable('IASQL_PLATFORM_ROLE'), placeOf(clusterArn).region),
    clock: systemClock,
    invoker: lambdaInvoker(variable('IASQL_RUN_FUNCTION')),
    machines: stepFunctions({
      run: variable('IASQL_RUN_MACHINE_ARN'),
      execution: variable('IASQL_EXECUTION_MACHINE_ARN'),
      drift: variable('IASQL_DRIFT_MACHINE_ARN'),
    }),
    news: eventBus(variable('IASQL_EVENT_BUS')),
    connections: apiGatewayConnections({ endpoint: variable('IASQL_CONNECTIONS_ENDPOINT') }),
    cipher: secretCipher(store, variable('IASQL_RUN_KEY_SECRET')),
    secretKeys: secretKeysIn(secretsManagerTexts(store)),
    secrets: secretsManagerLogins(store),
    identity: identityOf(environment),
    log,
    count,
    modules: loadModules,
    defaults: { ...placeOf(clusterArn), budgetMs },
  }
}

/** A database that sleeps is waited for, as long as the function has time to say that it was in vain. */
const patienceMs = ({ IASQL_FUNCTION_SECONDS: seconds = '900' }: Environment): number =>
  Math.min(60_000, Number(seconds) * 1_000 - 4_000)

/** The functions' own roles reach nothing of any account but what is the stack's: every account is linked, this one too. */
const accountsBy = (platformRole: string, region: string): Accounts =>
  createRoleAccounts({ profile: 'aws', region, platformRole, principal: platformRole })

/** Account and region are those that the stack itself is in. */
function placeOf(arn: string): { readonly accountId: string; readonly region: string } {
  const [, , , region = '', accountId = ''] = arn.split(':')
  return { region, accountId }
}

/** Fetches the key at first use: only the functions that read or write the text of runs may have it. */
function secretCipher(store: SecretsManagerClient, secretArn: string): Cipher {
  let opening: Promise<Cipher> | undefined
  const open = (): Promise<Cipher> => {
    opening ??= runKey(store, secretArn)
      .then(aesCipher)
      .catch((error: unknown) => {
        opening = undefined
        throw error
      })
    return opening
  }
  return {
    encrypt: async (plain) => (await open()).encrypt(plain),
    decrypt: async (text) => (await open()).decrypt(text),
  }
}

/** 32 bytes, kept as 64 hexadecimal digits. */
async function runKey(store: SecretsManagerClient, secretArn: string): Promise<Uint8Array> {
  const { SecretString = '' } = await store.send(new GetSecretValueCommand({ SecretId: secretArn }))
  if (!/^[0-9a-f]{64}$/i.test(SecretString))
    throw new Error('The secret of the run key does not hold 64 hexadecimal digits.')
  return Buffer.from(SecretString, 'hex')
}

const loadModules = async (): Promise<Registry> => (await import('#modules/registry.ts')).registry

/** Loaded at the first refusal: it brings every module along, which most functions never need. */
const repairBy =
  (
    restoring: Pick<Ports, 'platform' | 'cellDatabase'> & { readonly secrets: Pick<Secrets, 'get'> },
  ): Repair =>
  async (login, refused) => {
    const { loginRepair } = await import('./tenant/restore-tenant.ts')
    await loginRepair({ ...restoring, log, modules: loadModules })(login, refused)
  }

function lambdaInvoker(functionName: string): Invoker {
  const client = new LambdaClient()
  const invoke = async (input: object): Promise<void> => {
    const Payload = JSON.stringify(input)
    await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }))
  }
  return { runStatements: invoke, moveTenant: invoke }
}

function stepFunctions(arns: Readonly<Record<MachineName, string>>): StateMachines {
  const client = new SFNClient()
  return {
    start: async (machine, name, input) => {
      try {
        await client.send(
          new StartExecutionCommand({ stateMachineArn: arns[machine], name, input: JSON.stringify(input) }),
        )
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error
      }
    },
  }
}

/** One object an entry: Lambda's JSON log format takes it as it is, and filters by level. */
const log: Log = (level, message, fields = {}) => {
  const plain = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value,
  ])
  console[level]({ message, ...Object.fromEntries(plain) })
}
