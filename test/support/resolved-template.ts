/** A CloudFormation template with everything put in that its deployment would put in. */
import type { Statement } from './iam-evaluation.ts'

export interface TemplateText {
  readonly Parameters?: Readonly<Record<string, { readonly Default: string }>>
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Properties }>>
  readonly Outputs: Readonly<Record<string, object>>
}

interface Properties {
  readonly RoleName?: string
  readonly ManagedPolicyName?: string
  readonly PolicyDocument?: { readonly Statement: readonly Statement[] }
  readonly AssumeRolePolicyDocument?: { readonly Statement: readonly Statement[] }
  readonly ManagedPolicyArns?: readonly string[]
  readonly PermissionsBoundary?: string
}

export const deployedAccount = '222222222222'

/** References to resources become their ids. */
export function resolved(template: object, given: Readonly<Record<string, string>> = {}): TemplateText {
  const { Parameters = {} } = template as TemplateText
  const values: Readonly<Record<string, string>> = {
    'AWS::Partition': 'aws',
    'AWS::AccountId': deployedAccount,
    ...Object.fromEntries(Object.entries(Parameters).map(([name, { Default }]) => [name, Default])),
    ...given,
  }
  const isList = (name: string) => JSON.stringify(Parameters[name])?.includes('CommaDelimitedList')
  const text = JSON.stringify(template, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('Ref' in value) {
      const name = String(value.Ref)
      const found = values[name]
      return found !== undefined && isList(name) ? found.split(',') : (found ?? name)
    }
    if (!('Fn::Sub' in value)) return value
    return String(value['Fn::Sub']).replaceAll(/\$\{([\w:]+)\}/g, (_whole, name: string) => {
      const found = values[name]
      if (found === undefined) throw new Error(`the template does not say what ${name} is`)
      return found
    })
  })
  return JSON.parse(text) as TemplateText
}

/** Statements of the policies of a role. */
export const policiesOf = ({ Resources }: TemplateText, role: string): readonly Statement[] =>
  (Resources[role]?.Properties.ManagedPolicyArns ?? []).flatMap(
    (id) => Resources[id]?.Properties.PolicyDocument?.Statement ?? [],
  )

export const boundaryOf = ({ Resources }: TemplateText): readonly Statement[] =>
  Resources.Boundary?.Properties.PolicyDocument?.Statement ?? []
