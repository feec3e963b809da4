/** The one role that linked accounts trust: functions that work in the cloud become it, and it becomes the linked role. */
import { Stack, Validations } from 'aws-cdk-lib'
import { ArnPrincipal, CompositePrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { FunctionName, Functions } from './functions.ts'

/** They read or change what is in linked accounts. */
export const cloudFunctions = [
  'run-statements',
  'execute-statements',
  'step-execution',
] as const satisfies readonly FunctionName[]

export const platformRoleName = (scope: Construct): string => `${Stack.of(scope).stackName}-platform`

/** By name: the functions that may become it have it in their environment. */
export const platformRoleArn = (scope: Construct): string =>
  Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: platformRoleName(scope),
  })

interface PlatformRoleProps {
  readonly functions: Functions
  /** Names of linked roles, `*` for what varies. */
  readonly linkedRoleName: string
}

export class PlatformRole extends Construct {
  readonly role: Role

  constructor(scope: Construct, id: string, { functions, linkedRoleName }: PlatformRoleProps) {
    super(scope, id)
    const trusted = cloudFunctions.map((name) => new ArnPrincipal(functions.all[name].role?.roleArn ?? ''))
    this.role = new Role(this, 'Role', {
      roleName: platformRoleName(this),
      description: 'iasql: the role that linked accounts trust',
      assumedBy: new CompositePrincipal(...trusted),
    })
    // Its account may be any: a linked role says itself, by its trust and our external id, that it is one.
    const linked = `arn:${Stack.of(this).partition}:iam::*:role/${linkedRoleName}`
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['sts:AssumeRole'],
        resources: [linked],
      }),
    )
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::*:role/${linkedRoleName}]`,
      reason: 'Accounts are linked while the product runs; each linked role decides by its own trust policy.',
    })
  }
}
