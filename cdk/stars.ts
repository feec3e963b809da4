/** Says to the checks why a policy has a star in a resource, one such resource at a time. */
import { Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** For actions that know no resource; tests hold which actions those are. */
export const acknowledgeAnyResource = (holder: IConstruct, reason: string): void =>
  Validations.of(holder).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason })

export function acknowledgeStars(holder: IConstruct, resources: readonly string[], reason: string): void {
  for (const resource of resources) {
    const written = flatten(Stack.of(holder).resolve(resource))
    if (!written.includes('*')) continue
    Validations.of(holder).acknowledge({ id: `AwsSolutions-IAM5[Resource::${written}]`, reason })
  }
}

/** As the checks write an ARN of the template: `arn:<AWS::Partition>:states:…`. */
function flatten(part: unknown): string {
  if (typeof part === 'string') return part
  const [[name, value] = ['', '']] = Object.entries(part ?? {})
  if (name === 'Ref') return `<${value}>`
  if (name === 'Fn::GetAtt') return `<${[value].flat().join('.')}>`
  if (name !== 'Fn::Join') return JSON.stringify(part)
  const [separator, parts] = value as readonly [string, readonly unknown[]]
  return parts.map(flatten).join(separator)
}
