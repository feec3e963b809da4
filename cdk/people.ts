/** Where people sign in: an OIDC issuer that is there already, a Cognito user pool of our own, or nowhere but by token. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  StandardThreatProtectionMode,
  UserPool,
} from 'aws-cdk-lib/aws-cognito'
import { Construct } from 'constructs'
import type { Options } from './options.ts'

export interface Issuer {
  readonly url: string
  /** The client that people sign in to, which is what their tokens are for. */
  readonly audience: string
}

interface PeopleProps {
  readonly options: Options
  readonly dashboardUrl: string
  readonly removalPolicy: RemovalPolicy
}

const domainPrefix = (scope: Construct) => `${Stack.of(scope).stackName}-${Stack.of(scope).account}`

/** Hosts that a browser talks to while somebody signs in. */
export function signInOrigins(
  scope: Construct,
  { cognito, oidcIssuer, oidcOrigins }: Options,
): readonly string[] {
  if (oidcIssuer !== undefined) return [new URL(oidcIssuer).origin, ...oidcOrigins]
  if (!cognito) return []
  const { region, urlSuffix } = Stack.of(scope)
  return [
    `https://cognito-idp.${region}.${urlSuffix}`,
    `https://${domainPrefix(scope)}.auth.${region}.amazoncognito.com`,
  ]
}

export class People extends Construct {
  readonly issuer: Issuer | undefined

  constructor(scope: Construct, id: string, props: PeopleProps) {
    super(scope, id)
    const { oidcIssuer, oidcAudience, cognito } = props.options
    if (oidcIssuer !== undefined && oidcAudience !== undefined) {
      this.issuer = { url: oidcIssuer, audience: oidcAudience }
    } else if (cognito) this.issuer = this.#userPool(props)
  }

  #userPool({ dashboardUrl, removalPolicy }: PeopleProps): Issuer {
    const pool = new UserPool(this, 'Users', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
      },
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    })
    pool.addDomain('Domain', { cognitoDomain: { domainPrefix: domainPrefix(this) } })
    const client = pool.addClient('Dashboard', {
      generateSecret: false,
      preventUserExistenceErrors: true,
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(1),
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL],
        callbackUrls: [`${dashboardUrl}/`, 'http://localhost:8089/'],
        logoutUrls: [`${dashboardUrl}/`],
      },
    })
    return { url: pool.userPoolProviderUrl, audience: client.userPoolClientId }
  }
}
