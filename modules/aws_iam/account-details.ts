/** The one call that tells of many roles or users at once, with their policies, tags and boundaries. */
import {
  GetAccountAuthorizationDetailsCommand,
  type ManagedPolicyDetail,
  type RoleDetail,
  type UserDetail,
} from '@aws-sdk/client-iam'
import type { CloudApi } from '../kit/index.ts'

/** As many as IAM puts on one page of any list. */
export const mostItems = 1_000

export const roleDetails = (iam: CloudApi): AsyncIterable<RoleDetail> =>
  iam.pages(
    GetAccountAuthorizationDetailsCommand,
    { Filter: ['Role'], MaxItems: mostItems },
    (page) => page.RoleDetailList,
  )

export const userDetails = (iam: CloudApi): AsyncIterable<UserDetail> =>
  iam.pages(
    GetAccountAuthorizationDetailsCommand,
    { Filter: ['User'], MaxItems: mostItems },
    (page) => page.UserDetailList,
  )

export const policyDetails = (iam: CloudApi): AsyncIterable<ManagedPolicyDetail> =>
  iam.pages(
    GetAccountAuthorizationDetailsCommand,
    { Filter: ['LocalManagedPolicy'], MaxItems: mostItems },
    (page) => page.Policies,
  )

/** Roles that a service or IAM Identity Center made and keeps: nobody else may change them. */
export const isRoleOfAws = ({ RoleName = '', Path }: Pick<RoleDetail, 'RoleName' | 'Path'>): boolean =>
  Path === undefined
    ? /^AWS(ServiceRoleFor|ReservedSSO_)/.test(RoleName)
    : /^\/aws-(service-role|reserved)\//.test(Path)
