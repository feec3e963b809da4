/** Policies as IAM takes and gives them: JSON as text, which it percent-encodes in most of its answers. */
import { type CloudId, type Json, jsonIn, ref } from '../kit/index.ts'

export const policyIn = (text: string | undefined): Json =>
  jsonIn(text?.startsWith('%') ? decodeURIComponent(text) : text)

export const policyText = (document: Json): string => JSON.stringify(document)

/** Managed policies that AWS itself writes have no account in their ARN. */
export const awsPolicyPattern = '^arn:aws[a-z-]*:iam::aws:policy/'
const awsPolicy = new RegExp(awsPolicyPattern)

export const isOfAws = (policyArn: string): boolean => awsPolicy.test(policyArn)

/** A policy that a row names: by reference one of the account, by ARN one of AWS. */
export const policyRef = (policyArn: string | undefined) => ({
  own: ref('aws_iam.iam_policy', policyArn && !isOfAws(policyArn) ? { arn: policyArn } : null),
  ofAws: policyArn && isOfAws(policyArn) ? policyArn : null,
})

export const policyArnOf = (own: CloudId | null, ofAws: string | null): string | undefined =>
  own?.arn ?? ofAws ?? undefined
