/** Deploying and destroying from the command line: what is checked before, the CDK itself, and what is told afterwards. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Account,
  checkConcurrency,
  checkState,
  DeployError,
  lookAtAccount,
  type Place,
} from './account.ts'
import { OptionError, readOptions } from './options.ts'

export const stackName = 'iasql'
const root = fileURLToPath(new URL('..', import.meta.url))

export interface Deployment extends Place {
  /** Words such as `maxCapacity=16`. What was chosen at an earlier deployment stays unless it is given again. */
  readonly given: readonly string[]
  /** Asks nobody about broader rights. */
  readonly isSure: boolean
  readonly tell: (line: string) => void
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Resolves to the exit code. */
export type Cdk = (
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
) => Promise<number>

/** Resolves to whether it is deployed. @throws DeployError before anything is changed */
export async function deploy(deployment: Deployment, cdk: Cdk = runCdk): Promise<boolean> {
  const { tell, isSure } = deployment
  checkSources()
  const account = await lookAtAccount(deployment, stackName)
  checkState(account.deployed)
  const chosen = choose(deployment.given, account.deployed?.outputs.Options)
  const options = checkOptions(chosen)
  if (options.reserveConcurrency) await checkConcurrency({ ...deployment, region: account.region })
  tell(`Deploying into account ${account.accountId}, region ${account.region}, as ${account.caller}.`)
  for (const [name, value] of Object.entries(chosen)) tell(`  ${name} = ${value}`)
  const context = Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const approval = isSure ? 'never' : 'broadening'
  const words = ['deploy', stackName, '--require-approval', approval, ...context]
  if ((await cdk(words, environmentOf(deployment, account))) !== 0) return false
  const { deployed } = await lookAtAccount(deployment, stackName)
  for (const line of whatNow(deployed?.outputs ?? {}, account)) tell(line)
  return true
}

/** The tables, the data and their key stay unless the deployment chose otherwise. */
export async function destroy(deployment: Omit<Deployment, 'given'>, cdk: Cdk = runCdk): Promise<boolean> {
  checkSources()
  const account = await lookAtAccount(deployment, stackName)
  const { accountId, region, deployed } = account
  if (!deployed) throw new DeployError(`Nothing is deployed in account ${accountId}, region ${region}.`)
  if (deployed.status.endsWith('_IN_PROGRESS')) checkState(deployed)
  const { onDestroy } = checkOptions(choose([], deployed.outputs.Options))
  deployment.tell(`Destroying the deployment in account ${accountId}, region ${region}. ${fates[onDestroy]}`)
  if (!deployment.isSure)
    throw new DeployError('Say so with --yes. Linked accounts and what is in them are not touched.')
  const words = ['destroy', stackName, '--force', '-c', `onDestroy=${onDestroy}`]
  return (await cdk(words, environmentOf(deployment, account))) === 0
}

const fates = {
  retain: 'The database stays, with its network and its key; it goes on costing what it holds.',
  snapshot: 'A last snapshot of the database stays, with its key.',
  delete: 'The database and its key are DELETED, with everything in them.',
} as const

/** The package that npm gives out holds what runs on one machine; what is deployed is made from the sources. */
function checkSources(): void {
  if (existsSync(join(root, 'cdk', 'app.ts'))) return
  throw new DeployError(
    'Deploying needs the sources: clone the repository, run npm ci in it, and npx iasql deploy there.',
  )
}

type Chosen = Readonly<Record<string, string>>

function choose(given: readonly string[], before: string | undefined): Chosen {
  const chosen: Record<string, string> = before === undefined ? {} : JSON.parse(before)
  for (const word of given) {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(word) ?? []
    if (name === '') throw new DeployError(`“${word}” is not of the form name=value.`)
    if (value === '') delete chosen[name]
    else chosen[name] = value
  }
  return chosen
}

function checkOptions(chosen: Chosen) {
  try {
    return readOptions(chosen)
  } catch (error) {
    if (error instanceof OptionError)
      throw new DeployError(`${error.message}\nThe options are in docs/self-hosting.md.`)
    throw error
  }
}

const environmentOf = (
  { environment, profile }: Omit<Deployment, 'given'>,
  { region, accountId }: Account,
) => ({
  ...environment,
  ...(profile === undefined ? {} : { AWS_PROFILE: profile }),
  AWS_REGION: region,
  CDK_DEFAULT_REGION: region,
  CDK_DEFAULT_ACCOUNT: accountId,
})

/** How people get in, for who has just deployed. */
function whatNow(outputs: Chosen, { region }: Account): readonly string[] {
  const { DashboardUrl = '', SocketUrl = '', FirstOwnerSecret = '' } = outputs
  return [
    '',
    `Dashboard: ${DashboardUrl}`,
    `Socket:    ${SocketUrl}`,
    '',
    'The first owner signs in with a secret that works once, within 7 days:',
    `  aws secretsmanager get-secret-value --region ${region} --secret-id ${FirstOwnerSecret} --query SecretString --output text`,
    `Open ${DashboardUrl}, choose “Become the first owner” and paste it there.`,
  ]
}

/** The CDK of this installation. */
const runCdk: Cdk = async (words, environment) => {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve('aws-cdk/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  const child = spawn(process.execPath, [join(dirname(manifest), bin.cdk), ...words], {
    cwd: root,
    stdio: 'inherit',
    env: environment,
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
