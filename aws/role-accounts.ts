/** Becomes the roles of linked accounts, by way of the one role of ours that they trust. */
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { IasqlError } from '#engine/model/error.ts'
import { type CloudProfile, classifyError } from './classify-error.ts'
import { type RoleSession, type RoleToAssume, roleSessions } from './role-sessions.ts'

/** As long as AWS lets a session last that was itself opened by a session. */
const sessionSeconds = 3_600
const callMs = 10_000

export interface RoleAccountsOptions {
  readonly profile: CloudProfile
  readonly region: string
  /** URL of the emulator, or of a private endpoint. */
  readonly endpoint?: string
  /** Absent: the SDK's own chain on AWS, dummies on the emulator. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** ARN of the role that is assumed before any other; absent: the credentials themselves are trusted. */
  readonly platformRole?: string | undefined
  /** ARN that linked roles name in their trust policy. */
  readonly principal: string
  /** The account whose resources the credentials reach without a linked role; absent: none. */
  readonly ownAccountId?: string
}

export interface RoleAccounts {
  readonly principal: string
  /** Whether a refusal means anything: an emulator lets everybody in. */
  readonly isStrict: boolean
  /** Whether the account is reached with the server's own credentials. */
  reachesItself(accountId: string): boolean
  /** A session that nobody else uses. @throws IasqlError `cloud/denied` when the role does not let us in */
  assume(role: RoleToAssume): Promise<RoleSession>
  /** A session that lasts for five minutes at least. */
  session(role: RoleToAssume): Promise<RoleSession>
  /** The account that a session is of. */
  accountOf(session: RoleSession): Promise<string>
  close(): void
}

/** @example createRoleAccounts({ profile: 'aws', region: 'eu-west-1', principal: role, platformRole: role }) */
export function createRoleAccounts(options: RoleAccountsOptions): RoleAccounts {
  const { profile, principal, platformRole, ownAccountId } = options
  const own = stsClient(options, ownCredentials(options))
  const assumeBy =
    (client: STSClient) =>
    async ({ roleArn, sessionName, externalId }: RoleToAssume): Promise<RoleSession> => {
      const input = {
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        DurationSeconds: sessionSeconds,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      }
      return await called('AssumeRole', profile, async (abortSignal) =>
        sessionIn((await client.send(new AssumeRoleCommand(input), { abortSignal })).Credentials),
      )
    }
  const nowMs = Date.now
  const platformSession = roleSessions({ assume: assumeBy(own), nowMs })
  const trusted =
    platformRole === undefined
      ? own
      : stsClient(options, () => platformSession({ roleArn: platformRole, sessionName: 'iasql' }))
  const assume = assumeBy(trusted)
  return {
    principal,
    isStrict: profile === 'aws',
    // The emulator takes whatever account it is told.
    reachesItself: (accountId) => profile === 'emulator' || accountId === ownAccountId,
    assume,
    session: roleSessions({ assume, nowMs }),
    accountOf: async (session) => {
      const client = stsClient(options, session)
      try {
        return await called('GetCallerIdentity', profile, async (abortSignal) => {
          const { Account = '' } = await client.send(new GetCallerIdentityCommand({}), { abortSignal })
          return Account
        })
      } finally {
        client.destroy()
      }
    },
    close: () => {
      own.destroy()
      trusted.destroy()
    },
  }
}

type Keys = RoleAccountsOptions['credentials'] | RoleSession | (() => Promise<RoleSession>)

const stsClient = ({ region, endpoint }: RoleAccountsOptions, keys: Keys): STSClient =>
  new STSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keys === undefined ? {} : { credentials: keys }),
  })

const ownCredentials = ({ credentials, profile }: RoleAccountsOptions): Keys =>
  credentials ??
  (profile === 'emulator' ? { accessKeyId: 'emulator', secretAccessKey: 'emulator' } : undefined)

const called = async <Result>(
  operation: string,
  profile: CloudProfile,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  try {
    return await call(AbortSignal.timeout(callMs))
  } catch (error) {
    throw classifyError(error, operation, profile)
  }
}

interface SentCredentials {
  readonly AccessKeyId?: string | undefined
  readonly SecretAccessKey?: string | undefined
  readonly SessionToken?: string | undefined
  readonly Expiration?: Date | undefined
}

function sessionIn(sent: SentCredentials | undefined): RoleSession {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = sent ?? {}
  if (AccessKeyId && SecretAccessKey && SessionToken && Expiration)
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    }
  throw new IasqlError('cloud/invalid', 'AssumeRole: the answer has no keys in it')
}
