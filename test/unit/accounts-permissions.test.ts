/** A refusal for want of a right says which, and no other refusal does. */
import { expect, test } from 'vitest'
import { classifyError } from '#aws/classify-error.ts'
import { namingActions, permissionHint } from '#aws/missing-permission.ts'

const refused = (name: string, operation: string, status = 403) =>
  classifyError(
    Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: status, requestId: 'r-1' } }),
    operation,
    'aws',
  )

test.each([
  ['EC2', 'UnauthorizedOperation', 'CreateVpc', 'CreateVpc: no (needs ec2:CreateVpc and ec2:CreateTags)'],
  ['SQS', 'AccessDeniedException', 'DeleteQueue', 'DeleteQueue: no (needs sqs:DeleteQueue)'],
  ['S3', '403', 'HeadObject', 'HeadObject: no (needs s3:ListBucket and s3:GetObject)'],
  [
    'S3',
    'AccessDenied',
    'CopyObject',
    'CopyObject: no (needs s3:GetObject, s3:GetObjectTagging, s3:PutObject and s3:PutObjectTagging)',
  ],
])('of %s by %s on %s names the actions', (service, name, operation, message) => {
  const error = namingActions(refused(name, operation), service)

  expect(error).toMatchObject({ code: 'cloud/denied', message, hint: permissionHint, awsRequestId: 'r-1' })
  expect(error.refusal).toEqual({ operation, error: name, message: 'no' })
})

test.each([
  ['ExpiredToken', 403],
  ['SignatureDoesNotMatch', 403],
  ['QueueDoesNotExist', 400],
])('is another than %s, which no right makes up for', (name, status) => {
  const error = refused(name, 'DeleteQueue', status)

  expect(namingActions(error, 'SQS')).toBe(error)
})
