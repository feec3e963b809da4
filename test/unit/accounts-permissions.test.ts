/** A refusal for want of a right says which, and no other refusal does. */
import { createServer } from 'node:http'
import { HeadBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import { classifyError } from '#aws/classify-error.ts'
import { createCloud } from '#aws/create-cloud.ts'
import { namingActions, permissionHint } from '#aws/missing-permission.ts'
import { listening } from '../support/listening.ts'

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

/** S3 as it answers a HEAD: by a status and nothing else. */
async function wordless(status: number) {
  const server = await listening(createServer((_, response) => response.writeHead(status).end()))
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const cloud = createCloud({ profile: 'aws', endpoint: server.url, credentials })
  onTestFinished(async () => {
    cloud.close()
    await server.stop()
  })
  return cloud.api(S3Client, { accountId: '123456789012', region: 'eu-west-1' }, AbortSignal.timeout(20_000))
}

test('an answer without a body is told by its status, and a refusal names the actions all the same', async () => {
  const s3 = await wordless(403)

  const refusal = s3.send(HeadObjectCommand, { Bucket: 'files', Key: 'a' })

  await expect(refusal).rejects.toMatchObject({
    code: 'cloud/denied',
    message: 'HeadObject: refused (403), no reason given (needs s3:ListBucket and s3:GetObject)',
    detail: 'AWS error 403',
    hint: permissionHint,
  })
})

test('a refused operation that no table tells of is named itself', async () => {
  const s3 = await wordless(403)

  const refusal = s3.send(HeadBucketCommand, { Bucket: 'files' })

  await expect(refusal).rejects.toMatchObject({
    code: 'cloud/denied',
    message: 'HeadBucket: refused (403), no reason given',
    hint: expect.stringContaining('HeadBucket of S3'),
  })
})

test.each([
  [400, 'cloud/invalid'],
  [404, 'cloud/not-found'],
  [500, 'cloud/unknown-outcome'],
] as const)('%s without a body is %s', async (status, code) => {
  const s3 = await wordless(status)

  const refusal = s3.send(HeadObjectCommand, { Bucket: 'files', Key: 'a' })

  await expect(refusal).rejects.toMatchObject({
    code,
    message: `HeadObject: answered (${status}), no reason given`,
  })
})
