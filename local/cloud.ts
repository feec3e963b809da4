/** The cloud of a server on one machine, as chosen by the environment: a port to it, and whose account it is. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { createCloud } from '#aws/create-cloud.ts'
import { createRoleAccounts, type RoleAccounts } from '#aws/role-accounts.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud, Log } from '#operations/ports.ts'
import { chooseCloud } from './moto/choose-cloud.ts'
import { startMoto } from './moto/start-moto.ts'

export interface CloudOptions {
  /** The data directory. */
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  readonly region: string
  readonly log: Log
  readonly onProgress: (message: string) => void
}

export interface ServedCloud {
  readonly cloud: Cloud
  /** Becomes the roles of linked accounts there. */
  readonly accounts: RoleAccounts
  readonly accountId: string
  /** For people: `emulator at http://127.0.0.1:5000`. */
  readonly name: string
  /** Whether it has AWS's limits on the rate of calls; an emulator has none. */
  readonly isLimited: boolean
  /** Started with us, so that nothing is left in it of earlier times. */
  readonly isEmpty: boolean
  stop(): Promise<void>
}

/** The account of an emulator, which takes a 12-digit access key for one. */
const emulatedAccountId = '123456789012'

export async function startCloud(options: CloudOptions): Promise<ServedCloud> {
  const choice = chooseCloud(options.environment)
  switch (choice.kind) {
    case 'aws':
      return realAccount(options)
    case 'endpoint':
      return emulator(choice.url, `AWS at ${choice.url}`, options)
    case 'emulator': {
      const { directory, log, onProgress: progress } = options
      const moto = await startMoto({ directory, log, progress })
      return emulator(moto.url, `emulator at ${moto.url}`, options, moto.stop)
    }
  }
}

const emulator = (
  endpoint: string,
  name: string,
  { environment, region }: CloudOptions,
  stopServer: () => Promise<void> = async () => {},
): ServedCloud => {
  const hasKeys = Boolean(environment.AWS_ACCESS_KEY_ID && environment.AWS_SECRET_ACCESS_KEY)
  const isForeign = name.startsWith('AWS at')
  const keys = hasKeys && isForeign ? { credentials: environmentKeys(environment) } : {}
  const cloud = createCloud({ profile: 'emulator', endpoint, ...keys })
  const platformRole = environment.IASQL_PLATFORM_ROLE || undefined
  const accounts = createRoleAccounts({
    profile: 'emulator',
    endpoint,
    region,
    platformRole,
    principal: platformRole ?? `arn:aws:iam::${emulatedAccountId}:role/iasql-platform`,
    ...keys,
  })
  return {
    cloud,
    accounts,
    accountId: emulatedAccountId,
    name,
    isLimited: false,
    isEmpty: !isForeign,
    stop: async () => {
      cloud.close()
      accounts.close()
      await stopServer()
    },
  }
}

const environmentKeys = (environment: NodeJS.ProcessEnv) => ({
  accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
  secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
  ...(environment.AWS_SESSION_TOKEN ? { sessionToken: environment.AWS_SESSION_TOKEN } : {}),
})

const realAccount = async ({ region, environment }: CloudOptions): Promise<ServedCloud> => {
  const sts = new STSClient({ region })
  try {
    const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}))
    const cloud = createCloud({ profile: 'aws' })
    const platformRole = environment.IASQL_PLATFORM_ROLE || undefined
    const accounts = createRoleAccounts({
      profile: 'aws',
      region,
      platformRole,
      principal: platformRole ?? principalOf(Arn),
      ownAccountId: Account,
    })
    return {
      cloud,
      accounts,
      accountId: Account,
      name: `AWS account ${Account}`,
      isLimited: true,
      isEmpty: false,
      stop: async () => {
        cloud.close()
        accounts.close()
      },
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new IasqlError('host/not-started', `AWS does not say whose credentials these are: ${reason}`, {
      hint: 'Sign in as for the AWS CLI, or leave IASQL_CLOUD out to use the emulator.',
      cause: error,
    })
  } finally {
    sts.destroy()
  }
}

/** Whom a trust policy names for a session: the role behind it. */
export const principalOf = (callerArn: string): string =>
  callerArn.replace(/^(arn:[^:]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, '$1:iam::$2:role/$3')
