/** A real account is never met by accident: two variables have to say so, and the account has to be the one they name. */

export const help = `npm run e2e -- [--keep]

Deploys iasql into a real AWS account, signs in as its first owner, runs statements, installs a module, upgrades, and
destroys everything again, with nothing left behind. It takes about an hour and costs less than a dollar.

It refuses unless you say which account and region it may use, and credentials lead to that account:

  IASQL_E2E=1                      yes, deploy
  IASQL_E2E_ACCOUNT=123456789012   the account, which should hold nothing that matters
  AWS_REGION=eu-west-1             the region, with the CDK bootstrapped and no other deployment of iasql
  AWS_PROFILE=…                    credentials as for the AWS CLI

  --keep                           leave it deployed at the end, to look around; then: npx iasql destroy --yes
  -h, --help                       this text
`

export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

export interface Place {
  readonly accountId: string
  readonly region: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws RefusedError naming the variable that is missing */
export function checkOptIn(environment: Environment): Place {
  const { IASQL_E2E, IASQL_E2E_ACCOUNT: accountId = '', AWS_REGION: region = '' } = environment
  if (IASQL_E2E !== '1') throw new RefusedError('this deploys into a real account; set IASQL_E2E=1 to do so.')
  if (!/^\d{12}$/.test(accountId))
    throw new RefusedError('IASQL_E2E_ACCOUNT has to be the 12 digits of the account.')
  if (region === '') throw new RefusedError('AWS_REGION has to name the region.')
  return { accountId, region }
}
