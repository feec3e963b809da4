/** The CloudFormation template by which an account's owner makes the roles that we become there. */
import { type ActionGrant, grantsOf } from '#aws/actions/actions-of.ts'
import { isRead } from '#engine/throttle/buckets.ts'
import { boundaryStatements } from './boundary-policy.ts'
import { inPolicies, merged, type PolicyStatement, statementOf } from './policy-statements.ts'

export type Access = 'read' | 'write' | 'both'

export interface CalledOperation {
  /** The SDK's service id: `EC2`. */
  readonly service: string
  readonly operation: string
}

export interface TemplateInput {
  readonly access: Access
  /** The tenant's name for people. */
  readonly alias: string
  /** ARN of the role of ours that is trusted. */
  readonly principal: string
  readonly externalId: string
  /** What the installed modules call. */
  readonly calls: readonly CalledOperation[]
}

type Resources = Readonly<Record<string, object>>

/** Letters, digits and hyphens, short enough for what is put behind. */
const nameOf = (alias: string): string => `iasql-${alias.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, 32)}`

export function roleTemplate(input: TemplateInput): object {
  const { access, alias, calls } = input
  const name = nameOf(alias)
  const boundary = `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:policy/${name}-boundary`
  const reads = grantsFor(calls.filter(({ operation }) => isRead(operation)))
  const writes = grantsFor(calls.filter(({ operation }) => !isRead(operation)))
  const toStatement = statementOf({ boundary })
  const isReading = access !== 'write'
  const isWriting = access !== 'read'
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Roles by which iasql ${verbs[access]} this account for the tenant ${alias.replaceAll(/[^\x20-\x7e]/g, '-')}.`,
    ...(isWriting ? { Parameters: parameters } : {}),
    Resources: {
      ...(isReading
        ? role(input, { name: `${name}-read`, title: 'Read', statements: reads.map(toStatement) })
        : {}),
      ...(isWriting
        ? {
            Boundary: managedPolicy(
              `${name}-boundary`,
              boundaryStatements({
                boundary,
                grants: [...reads, ...writes],
                own: ['policy', 'role'].map(
                  (kind) => `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:${kind}/${name}-*`,
                ),
              }),
            ),
            ...role(input, {
              name: `${name}-write`,
              title: 'Write',
              statements: writes.map(toStatement),
              boundary: { Ref: 'Boundary' },
            }),
          }
        : {}),
    },
    Outputs: {
      ...(isReading ? output('ReadRoleArn', 'role_arn of iasql_account_link', 'ReadRole') : {}),
      ...(isWriting ? output('WriteRoleArn', 'write_role_arn of iasql_account_link', 'WriteRole') : {}),
    },
  }
}

const verbs: Readonly<Record<Access, string>> = {
  read: 'reads',
  write: 'changes',
  both: 'reads and changes',
}

const grantsFor = (calls: readonly CalledOperation[]): readonly ActionGrant[] =>
  merged(calls.flatMap(({ service, operation }) => grantsOf(service, operation)))

const parameters = {
  ManagedNames: {
    Type: 'String',
    Default: 'iasql/*',
    Description:
      'Which roles, users and policies iasql may make, change and pass: path and name, * for any part. With * alone it may take over every role there is, within the boundary of none.',
  },
  WorkloadActions: {
    Type: 'CommaDelimitedList',
    Default: 'logs:CreateLogStream,logs:PutLogEvents',
    Description: 'What roles that iasql makes may do beside what iasql itself may.',
  },
} as const

interface RoleParts {
  readonly name: string
  readonly title: 'Read' | 'Write'
  readonly statements: readonly PolicyStatement[]
  readonly boundary?: object
}

function role(
  { principal, externalId }: TemplateInput,
  { name, title, statements, boundary }: RoleParts,
): Resources {
  const policies = inPolicies(statements).map(
    (part, index) => [`${title}Policy${index + 1}`, managedPolicy(`${name}-${index + 1}`, part)] as const,
  )
  return {
    ...Object.fromEntries(policies),
    [`${title}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: name,
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: principal },
              Action: 'sts:AssumeRole',
              Condition: { StringEquals: { 'sts:ExternalId': externalId } },
            },
          ],
        },
        ManagedPolicyArns: policies.map(([id]) => ({ Ref: id })),
        ...(boundary === undefined ? {} : { PermissionsBoundary: boundary }),
      },
    },
  }
}

const managedPolicy = (name: string, statements: readonly PolicyStatement[]): object => ({
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: {
    ManagedPolicyName: name,
    PolicyDocument: { Version: '2012-10-17', Statement: statements },
  },
})

const output = (id: string, description: string, of: string): Resources => ({
  [id]: { Description: description, Value: { 'Fn::GetAtt': [of, 'Arn'] } },
})
