/** What may be chosen at deployment, by `-c name=value` or in cdk.json: one table, checked before anything is made. */

const text = (pattern: RegExp, example: string) => (value: string) =>
  pattern.test(value) ? value : refuse(`is no ${example}`)
const wholeNumber = (least: number, most: number) => (value: string) => {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < least || number > most)
    refuse(`is no whole number from ${least} to ${most}`)
  return number
}
/** Capacity comes in halves. */
const capacity = (value: string) => {
  const units = Number(value)
  if (value.trim() === '' || !Number.isInteger(units * 2) || units < 0 || units > 256)
    refuse('is no capacity: give 0 to 256 in steps of 0.5')
  return units
}
const oneOf =
  <Choice extends string | number>(...choices: readonly Choice[]) =>
  (value: string): Choice =>
    choices.find((choice) => String(choice) === value) ?? refuse(`is none of ${choices.join(', ')}`)
const yesOrNo = (value: string) => oneOf('true', 'false')(value) === 'true'
const list = (each: (item: string) => string) => (value: string) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
    .map(each)

const arn = (service: string) => text(new RegExp(`^arn:aws[a-z-]*:${service}:`), `ARN of ${service}`)
const origin = text(/^https?:\/\/[^/\s,]+$/, 'origin such as https://tools.example.com')

/** The days for which CloudWatch Logs can keep entries, up to two years. */
const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const

/** Name → how its text is read, what it is when left out, and what docs/self-hosting.md says of it. */
const optionTable = {
  domain: [text(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'domain name'), undefined],
  certificateArn: [arn('acm'), undefined],
  dashboardCertificateArn: [arn('acm:us-east-1'), undefined],
  hostedZoneId: [text(/^Z[A-Z0-9]+$/, 'hosted zone id'), undefined],
  vpcId: [text(/^vpc-[0-9a-f]+$/, 'VPC id'), undefined],
  subnetIds: [list(text(/^subnet-[0-9a-f]+$/, 'subnet id')), undefined],
  oidcIssuer: [text(/^https:\/\/[^\s?#]+$/, 'https URL'), undefined],
  oidcAudience: [text(/^\S+$/, 'client id'), undefined],
  oidcOrigins: [list(origin), []],
  cognito: [yesOrNo, false],
  allowedOrigins: [list(origin), []],
  minCapacity: [capacity, 0.5],
  maxCapacity: [capacity, 8],
  autoPauseMinutes: [wholeNumber(5, 1_440), 5],
  multiAz: [yesOrNo, false],
  backupDays: [wholeNumber(1, 35), 14],
  restoreFrom: [arn('rds'), undefined],
  deletionProtection: [yesOrNo, true],
  onDestroy: [oneOf('retain', 'snapshot', 'delete'), 'retain'],
  logDays: [oneOf(...logDays), 30],
  sweepMinutes: [wholeNumber(1, 60), undefined],
  reserveConcurrency: [yesOrNo, true],
  linkedRoleName: [text(/^[\w+=,.@*-]{1,64}$/, 'name of a role'), 'iasql-*'],
  alarmEmail: [text(/^\S+@\S+\.\S+$/, 'e-mail address'), undefined],
} as const satisfies Record<string, readonly [(value: string) => unknown, unknown]>

export type OptionName = keyof typeof optionTable
type Table = typeof optionTable
type Read = {
  readonly [Name in OptionName]:
    | ReturnType<Table[Name][0]>
    | (undefined extends Table[Name][1] ? undefined : never)
}
export type Options = Omit<Read, 'sweepMinutes'> & {
  readonly sweepMinutes: number
  /** What was chosen, as it was written. */
  readonly given: Readonly<Record<string, string>>
}

export const optionNames = Object.keys(optionTable) as readonly OptionName[]

/** An option that makes no sense; the message names it, and is all that a user sees of it. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

function refuse(why: string): never {
  throw new OptionError(why)
}

/** @throws OptionError naming the option, what is wrong with it, and what it may be */
export function readOptions(context: Readonly<Record<string, unknown>>): Options {
  // What has a colon or an at sign is CDK's own: feature flags and what it has looked up.
  for (const name of Object.keys(context)) {
    if (/[:@]/.test(name) || name in optionTable) continue
    throw new OptionError(`there is no context option “${name}”; there are ${optionNames.join(', ')}`)
  }
  const read = Object.fromEntries(optionNames.map((name) => [name, readOption(name, context[name])])) as Read
  checkTogether(read)
  // A sweep wakes a database that sleeps, so it comes seldom where the database may.
  return {
    ...read,
    sweepMinutes: read.sweepMinutes ?? (read.minCapacity === 0 ? 60 : 1),
    given: givenIn(context),
  }
}

function givenIn(context: Readonly<Record<string, unknown>>): Options['given'] {
  const given = optionNames.flatMap((name) => {
    const value = written(context[name])
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(given)
}

/** A list in cdk.json is the same as one with commas. */
const written = (value: unknown): string | undefined => {
  if (value === undefined || value === '') return undefined
  return Array.isArray(value) ? value.join(',') : String(value)
}

function readOption(name: OptionName, value: unknown): unknown {
  const [parse, missing] = optionTable[name]
  const given = written(value)
  if (given === undefined) return missing
  try {
    return parse(given)
  } catch (error) {
    if (error instanceof OptionError) throw new OptionError(`${name}: “${given}” ${error.message}`)
    throw error
  }
}

/** Options that need, or exclude, one another. */
function checkTogether(read: Read): void {
  const together = (names: readonly OptionName[]) => {
    const given = names.filter((name) => read[name] !== undefined)
    if (given.length === 0 || given.length === names.length) return
    const absent = names.filter((name) => !given.includes(name))
    throw new OptionError(`${given.join(' and ')} also needs ${absent.join(' and ')}`)
  }
  together(['domain', 'certificateArn', 'dashboardCertificateArn'])
  together(['vpcId', 'subnetIds'])
  together(['oidcIssuer', 'oidcAudience'])
  if (read.hostedZoneId !== undefined && read.domain === undefined)
    throw new OptionError('hostedZoneId also needs domain')
  if (read.cognito && read.oidcIssuer !== undefined)
    throw new OptionError('cognito and oidcIssuer exclude each other: people sign in at one place')
  if (read.subnetIds !== undefined && new Set(read.subnetIds).size < 2)
    throw new OptionError('subnetIds: Aurora needs at least two subnets, in different zones')
  if (read.maxCapacity < 1 || read.maxCapacity < read.minCapacity)
    throw new OptionError('maxCapacity has to be at least 1, and no less than minCapacity')
}
