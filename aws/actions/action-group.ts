/** The words of the table from SDK operations to IAM actions, which are often called otherwise, or are several. */

/**
 * `${Partition}` and `${Account}` stand for those of the account, `${Managed}` for the names of the roles, users and
 * policies that its owner lets us make and change, `${Boundary}` for the policy that bounds them.
 */
export type ResourcePattern = string

/** What AWS checks besides the resource: operator → key → value, as in a policy. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

/** Operations that need the same actions' rights on the same resources. */
export interface ActionGroup {
  readonly on: readonly ResourcePattern[]
  readonly when?: Condition
  /** Operation → the actions it needs on these resources. */
  readonly actions: Readonly<Record<string, readonly string[]>>
}

export interface ServiceActions {
  /** The SDK's service id: `CloudWatch Logs`. */
  readonly service: string
  readonly groups: readonly ActionGroup[]
  /** Of actions whose `Get…` all tell of settings, and none gives contents or secrets. */
  readonly plainReads?: string
  /** Operations whose actions no template grants: with them a principal could be made stronger than we are. */
  readonly withheld?: ActionGroup['actions']
}

/** For actions that know no resource. */
export const anything: readonly ResourcePattern[] = ['*']

/** `sqs:*:…:*`: everything of the account in all regions. */
export const inAccount = (service: string, ...names: readonly string[]): readonly ResourcePattern[] =>
  names.map((name) => `arn:\${Partition}:${service}:*:\${Account}:${name}`)

/**
 * Operations whose action is called as they are.
 *
 * @example same('sqs', 'ListQueues') // { ListQueues: ['sqs:ListQueues'] }
 */
export const same = (prefix: string, ...operations: readonly string[]): ActionGroup['actions'] =>
  Object.fromEntries(operations.map((operation) => [operation, [`${prefix}:${operation}`]]))

/** The same, each with further ones. */
export const sameWith = (
  prefix: string,
  also: readonly string[],
  ...operations: readonly string[]
): ActionGroup['actions'] =>
  Object.fromEntries(operations.map((operation) => [operation, [`${prefix}:${operation}`, ...also]]))

/** Operations that all need the same actions. */
export const all = (actions: readonly string[], ...operations: readonly string[]): ActionGroup['actions'] =>
  Object.fromEntries(operations.map((operation) => [operation, actions]))

/** A role that the operation gives to a service: no call is named so. */
export const passingRole = (services: readonly string[], ...operations: readonly string[]): ActionGroup => ({
  on: ['arn:${Partition}:iam::${Account}:role/${Managed}'],
  when: { StringEquals: { 'iam:PassedToService': services } },
  actions: all(['iam:PassRole'], ...operations),
})

/** The role by which a service works for the account, made with the first resource that needs it. */
export const serviceLinkedRole = (service: string, ...operations: readonly string[]): ActionGroup => ({
  on: ['arn:${Partition}:iam::${Account}:role/aws-service-role/*'],
  when: { StringEquals: { 'iam:AWSServiceName': service } },
  actions: all(['iam:CreateServiceLinkedRole'], ...operations),
})

/** A key of the account by which a service encrypts, and nobody else. */
export const usingKeys = (
  service: string,
  actions: readonly string[],
  ...operations: readonly string[]
): ActionGroup => ({
  on: inAccount('kms', 'key/*'),
  when: { StringLike: { 'kms:ViaService': `${service}.*.amazonaws.com` } },
  actions: all(actions, ...operations),
})
