/** The environment of `iasql start`, read once and checked. */
import { resolve } from 'node:path'
import { identityOf } from '#operations/people/issuer-settings.ts'
import type { Identity } from '#operations/ports.ts'
import type { LogLevel } from './log.ts'

/** A setting that makes no sense: exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Settings {
  readonly port: number
  readonly dataDirectory: string
  readonly databaseUrl: string | undefined
  readonly logLevel: LogLevel
  readonly region: string
  /** Milliseconds that one invocation of a handler may work before it hands over; as a Lambda's 15 minutes less a margin. */
  readonly budgetMs: number
  /** Whose JWTs people sign in with; undefined: nobody's. */
  readonly identity: Identity | undefined
}

const logLevels: readonly string[] = ['error', 'warn', 'info', 'debug']

const wholeNumber = (name: string, value: string | undefined, fallback: number, max: number): number => {
  if (value === undefined || value === '') return fallback
  if (!/^\d{1,9}$/.test(value) || Number(value) > max) {
    throw new UsageError(`${name} is "${value}"; give a whole number from 0 to ${max}`)
  }
  return Number(value)
}

/** `eu-west-1`, `us-gov-east-1`: which of them there are, only AWS can tell. */
const regionName = /^[a-z]{2,4}(-[a-z]+)+-\d$/

const issuer = (environment: NodeJS.ProcessEnv): Identity | undefined => {
  try {
    return identityOf(environment)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** @throws UsageError that names the variable and what it may be. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const logLevel = environment.IASQL_LOG || 'error'
  if (!logLevels.includes(logLevel)) {
    throw new UsageError(`IASQL_LOG is "${logLevel}"; give one of ${logLevels.join(', ')}`)
  }
  const region = environment.AWS_REGION || 'us-east-1'
  if (!regionName.test(region)) {
    throw new UsageError(`AWS_REGION is "${region}"; give the name of a region, for example eu-west-1`)
  }
  return {
    port: wholeNumber('IASQL_PORT', environment.IASQL_PORT, 8088, 65_535),
    dataDirectory: resolve(environment.IASQL_DATA_DIR || '.iasql'),
    databaseUrl: environment.IASQL_DATABASE_URL || undefined,
    logLevel: logLevel as LogLevel,
    region,
    budgetMs: wholeNumber('IASQL_BUDGET_MS', environment.IASQL_BUDGET_MS, 840_000, 840_000),
    identity: issuer(environment),
  }
}
