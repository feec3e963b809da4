/** The permissions boundary of a role or user: one managed policy, of the account or of AWS, that limits the others. */
import { arn, type CloudId, reference } from '../kit/index.ts'
import { awsPolicyPattern, policyArnOf, policyRef } from './policy-text.ts'

const boundary = { clearable: true, ownCall: ['update'], part: 'boundary' } as const

/** `whom`: whose doing it limits, as the descriptions say it. */
export const boundaryColumns = (whom: string) => ({
  permissions_boundary_id: reference(
    'aws_iam.iam_policy',
    `Policy of the account that limits what ${whom} may do.`,
    boundary,
  ),
  permissions_boundary_arn: arn(
    `Policy of AWS that limits what ${whom} may do, instead of one of the account.`,
    { ...boundary, check: `{} ~ '${awsPolicyPattern}'` },
  ),
})

interface WantedBoundary {
  readonly permissions_boundary_id: CloudId | null
  readonly permissions_boundary_arn: string | null
}

export const boundaryOf = (want: WantedBoundary): string | undefined =>
  policyArnOf(want.permissions_boundary_id, want.permissions_boundary_arn)

export function boundaryRow(policyArn: string | undefined) {
  const { own, ofAws } = policyRef(policyArn)
  return { permissions_boundary_id: own, permissions_boundary_arn: ofAws }
}
